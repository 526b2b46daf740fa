using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Faas.Functions;

namespace Faas.Runtime.DotNet.Answers;

/// <summary>How an <see cref="IAsyncEnumerable{T}"/> of one item type is sent. Found once per type of sequence.</summary>
internal abstract class Sequence
{
    private static readonly ConcurrentDictionary<Type, Sequence?> Known = new();

    /// <summary>The content type when nobody says otherwise.</summary>
    public abstract string ContentType { get; }

    /// <summary>Hands over each item as bytes as soon as it is there. The enumerator is disposed whatever happens.</summary>
    public abstract void ForEach(object sequence, Action<object?> take, CancellationToken cancellationToken);

    /// <summary>Sends items as the answer's body: strings and bytes as they are, others as a line of JSON each; each leaves at once.</summary>
    public void Send(object sequence, Answer answer, CancellationToken cancellationToken) => ForEach(sequence, item =>
    {
        switch (item)
        {
            case string text:
                answer.Body(Encoding.UTF8.GetBytes(text));
                break;
            case byte[] bytes:
                answer.Body(bytes);
                break;
            case ReadOnlyMemory<byte> bytes:
                answer.Body(bytes.Span);
                break;
            default:
                answer.Body([.. ResultJson.Write(item, typeof(object)), (byte)'\n']);
                break;
        }

        answer.Flush();
    }, cancellationToken);

    /// <summary>The sequence that <paramref name="type"/> is, or null when it is none.</summary>
    public static Sequence? Of(Type type) => Known.GetOrAdd(type, static type =>
    {
        foreach (var face in type.GetInterfaces())
        {
            if (face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>))
            {
                return (Sequence)Activator.CreateInstance(typeof(SequenceOf<>).MakeGenericType(face.GetGenericArguments()))!;
            }
        }

        return null;
    });

    private sealed class SequenceOf<T> : Sequence
    {
        public override string ContentType => HeaderText.StreamType(typeof(T));

        public override void ForEach(object sequence, Action<object?> take, CancellationToken cancellationToken)
        {
            var items = ((IAsyncEnumerable<T>)sequence).GetAsyncEnumerator(cancellationToken);
            try
            {
                while (Wait(items.MoveNextAsync()))
                {
                    take(items.Current);
                }
            }
            finally
            {
                var disposal = items.DisposeAsync();
                if (!disposal.IsCompletedSuccessfully)
                {
                    disposal.AsTask().GetAwaiter().GetResult();
                }
            }
        }

        private static bool Wait(ValueTask<bool> task) => task.IsCompleted ? task.GetAwaiter().GetResult() : task.AsTask().GetAwaiter().GetResult();
    }
}
