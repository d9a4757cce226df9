using System.Runtime.CompilerServices;

namespace Tollgate.Engine.Ledger;

/// <summary>Continues after all work that waits for a thread now. Task.Yield has the same cost but may run sooner.</summary>
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
