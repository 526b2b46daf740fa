using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Faas.Instances.Drivers.Processes;

/// <summary>
/// A seccomp filter for bubblewrap, which has none of its own: no new namespaces (with them come capabilities over one's own, and with those most kernel
/// holes), no mounts, no tracing, no keys, no kernel programs. What it denies fails with EPERM, as under Docker's default profile.
/// </summary>
internal static class SystemCallFilter
{
    private const uint Allow = 0x7FFF_0000;
    private const uint NotPermitted = 0x0005_0000 | 1;
    private const uint NotImplemented = 0x0005_0000 | 38;
    private const uint Kill = 0x8000_0000;

    /// <summary>CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.</summary>
    private const uint NamespaceFlags = 0x7E02_0000;

    private const ushort Load = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfAtLeast = 0x35;
    private const ushort JumpIfAnyBit = 0x45;
    private const ushort Return = 0x06;
    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const uint FirstArgumentOffset = 16;
    private const uint X32Bit = 0x4000_0000;

    /// <summary>The filter for this machine as bwrap's <c>--seccomp</c> reads it; null on processors whose numbers are not listed here.</summary>
    public static byte[]? Build() => RuntimeInformation.ProcessArchitecture switch
    {
        // In order: mount, umount2, pivot_root, setns, ptrace, process_vm_readv, process_vm_writev, add_key, request_key, keyctl, bpf, perf_event_open,
        // userfaultfd, kexec_load, init_module, finit_module, delete_module, open_by_handle_at, io_uring_setup, move_mount, open_tree, fsopen, fsmount, chroot.
        Architecture.X64 => Build(0xC000_003E, clone: 56, unshare: 272,
            [165, 166, 155, 308, 101, 310, 311, 248, 249, 250, 321, 298, 323, 246, 175, 313, 176, 304, 425, 429, 428, 430, 432, 161]),
        Architecture.Arm64 => Build(0xC000_00B7, clone: 220, unshare: 97,
            [40, 39, 41, 268, 117, 270, 271, 217, 218, 219, 280, 241, 282, 104, 105, 273, 106, 265, 425, 429, 428, 430, 432, 51]),
        _ => null,
    };

    private static byte[] Build(uint architecture, uint clone, uint unshare, uint[] denied)
    {
        const uint Clone3 = 435;
        var program = new List<(ushort Code, byte IfTrue, byte IfFalse, uint Value)>
        {
            (Load, 0, 0, ArchitectureOffset),
            (JumpIfEqual, 1, 0, architecture),
            (Return, 0, 0, Kill),
            (Load, 0, 0, NumberOffset),
            (JumpIfAtLeast, 0, 1, X32Bit),          // x32 numbers would pass the list below
            (Return, 0, 0, NotPermitted),
            (JumpIfEqual, 0, 1, Clone3),            // its flags are behind a pointer; without it libraries use clone
            (Return, 0, 0, NotImplemented),
        };
        foreach (var number in denied)
        {
            program.Add((JumpIfEqual, 0, 1, number));
            program.Add((Return, 0, 0, NotPermitted));
        }

        program.Add((JumpIfEqual, 1, 0, clone));
        program.Add((JumpIfEqual, 0, 3, unshare));
        program.Add((Load, 0, 0, FirstArgumentOffset));
        program.Add((JumpIfAnyBit, 0, 1, NamespaceFlags));
        program.Add((Return, 0, 0, NotPermitted));
        program.Add((Return, 0, 0, Allow));

        var bytes = new byte[program.Count * 8];
        for (var i = 0; i < program.Count; i++)
        {
            var at = bytes.AsSpan(i * 8);
            BinaryPrimitives.WriteUInt16LittleEndian(at, program[i].Code);
            at[2] = program[i].IfTrue;
            at[3] = program[i].IfFalse;
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], program[i].Value);
        }

        return bytes;
    }
}
