using System.Runtime.CompilerServices;

namespace Tollgate.Engine.Ledger;

/// <summary>Goes on after everything that waits for a thread now. With nothing to wait for, a yield would still cost one.</summary>
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
