using System.Runtime.CompilerServices;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// Continues after all work items that wait for a thread now. Even if none waits, it costs a change of thread, so check first.
/// </summary>
internal readonly struct BackOfTheLine : ICriticalNotifyCompletion
{
    public bool IsCompleted => false;

    public BackOfTheLine GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) =>
        ThreadPool.UnsafeQueueUserWorkItem(static go => go(), continuation, preferLocal: false);
}
