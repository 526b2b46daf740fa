using Faas.Contracts.Functions;
namespace Faas.Instances.Tests;
public sealed class TempMeasure(RuntimesFixture runtimes) {
  [Theory][InlineData("process")][InlineData("docker")] public async Task Measure(string sandbox) {
    var t = TimeProvider.System; var o = TestContext.Current.TestOutputHelper!;
    await using var test = await TestHost.StartAsync(sandbox, runtimes, x => x.StepsDefault());
    foreach (var (rt, file, code) in new[]{("python","handler.py","def handler(e, c): return {'hello': e.get('name')}\n"),("node","handler.js","exports.handler = async (e) => ({ hello: e.name });"),("dotnet","","")}) {
      string folder = rt == "dotnet" ? Environment.GetEnvironmentVariable("XI_DOTNET") ?? "" : "";
      if (rt == "dotnet" && folder == "") continue;
      if (rt != "dotnet") { folder = Directory.CreateTempSubdirectory("faas-code-").FullName; await File.WriteAllTextAsync(Path.Combine(folder, file), code, TestContext.Current.CancellationToken); }
      var key = new StemKey(rt, 128, NetworkKind.None);
      var tot = new List<double>(); var spec = new List<double>(); var place = new List<double>(); var first = new List<double>(); var wait = new List<double>(); var cold = new List<double>();
      for (var i = 0; i < 18; i++) {
        test.Host.SetStemDemand(new Dictionary<StemKey,int>{[key]=1});
        await test.Events.UntilAsync(() => test.Host.StemCounts().GetValueOrDefault(rt) == 1);
        test.Host.SetStemDemand(new Dictionary<StemKey,int>());
        // demand 0 removes it, so keep: handled below
        test.Host.SetStemDemand(new Dictionary<StemKey,int>{[key]=1});
        await test.Events.UntilAsync(() => test.Host.StemCounts().GetValueOrDefault(rt) == 1);
        var a = t.GetTimestamp();
        var r = await test.ActivateFolderAsync(rt, folder);
        var b = t.GetTimestamp();
        await WorkerCall.InvokeAsync(TestHost.Succeeded(r), "{\"name\":\"x\"}");
        var c = t.GetTimestamp();
        Assert.True(r.Phases.FromStem);
        if (i >= 2) { tot.Add(t.GetElapsedTime(a,c).TotalMilliseconds); first.Add(t.GetElapsedTime(b,c).TotalMilliseconds); spec.Add(r.Phases.Specialize.TotalMilliseconds); place.Add(r.Phases.Place.TotalMilliseconds); wait.Add(r.Phases.StemWait.TotalMilliseconds); }
        await test.Host.KillAsync(r.Instance!.Id, TestContext.Current.CancellationToken);
      }
      test.Host.SetStemDemand(new Dictionary<StemKey,int>());
      await test.Events.UntilAsync(() => test.Host.StemCounts().GetValueOrDefault(rt) == 0);
      for (var i = 0; i < 8; i++) {
        var a = t.GetTimestamp();
        var r = await test.ActivateFolderAsync(rt, folder);
        await WorkerCall.InvokeAsync(TestHost.Succeeded(r), "{\"name\":\"x\"}");
        cold.Add(t.GetElapsedTime(a).TotalMilliseconds);
        await test.Host.KillAsync(r.Instance!.Id, TestContext.Current.CancellationToken);
      }
      string P(List<double> l) { l.Sort(); return $"{l[l.Count/2]:0.00}/{l[(int)(l.Count*0.95)]:0.00}"; }
      o.WriteLine($"MEASURE {sandbox} {rt} total {P(tot)} wait {P(wait)} place {P(place)} specialize {P(spec)} first {P(first)} | no stem {P(cold)}");
    }
  }
}
static class X { public static void StepsDefault(this InstanceOptions o) { } }
