using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace TfKd;

/// <summary>
/// Runs native code whose C++ exceptions are not caught where it ends: on Linux they end the process, since .NET cannot take them up. Here
/// the thread that throws is stopped for good instead, and its work given up; the caller gets an exception.
/// </summary>
/// <remarks>
/// The C++ runtime asks a handler before it ends the process, and the handler must not return: so the work runs on a thread of its own,
/// which then sleeps until the process ends, with its stack and what it had reserved. Exceptions of other threads meanwhile end the process
/// as they would have.
/// </remarks>
internal static unsafe class NativeGuard
{
    private const string Runtime = "libstdc++.so.6";

    // Slots of a std::exception's table of virtual functions: two destructors, and what it says.
    private const int WhatSlot = 2;

    private static readonly Lock Turn = new();
    private static readonly Exports? Functions = Find();

    private static delegate* unmanaged<void> _before;
    private static Work? _work;

    /// <summary>Whether exceptions are taken up on this system; otherwise work just runs.</summary>
    public static bool IsAvailable => Functions is not null;

    /// <summary>Runs one piece of work at a time.</summary>
    /// <exception cref="InvalidDataException">Its native code threw what nothing caught.</exception>
    public static T Run<T>(Func<T> function)
    {
        if (Functions is not { } exports)
            return function();
        lock (Turn)
        {
            T? result = default;
            ExceptionDispatchInfo? failure = null;
            var work = new Work(() =>
            {
                try
                {
                    result = function();
                }
                catch (Exception exception)
                {
                    failure = ExceptionDispatchInfo.Capture(exception);
                }
            });
            _work = work;
            _before = exports.SetTerminate(&OnTerminate);
            work.Run();
            exports.SetTerminate(_before);
            _work = null;
            if (work.Thrown is { } text)
                throw new InvalidDataException(text);
            failure?.Throw();
            return result!;
        }
    }

    [UnmanagedCallersOnly]
    private static void OnTerminate()
    {
        if (_work is { } work && work.IsThisThread)
            work.GiveUp(Describe());
        else if (_before is not null)
            _before();
    }

    /// <summary>What the exception at hand says, where it is known to be a std::exception.</summary>
    private static string Describe()
    {
        nint thrown = 0;
        Functions!.Current(&thrown);
        var type = Functions.CurrentType();
        // Its second word is the name.
        var name = type is null ? null : Marshal.PtrToStringUTF8(((nint*)type)[1]);
        if (thrown == 0 || name != "N5torch3jit11ErrorReportE")
            return $"native code threw {name ?? "something unknown"}";
        var what = (delegate* unmanaged<nint, nint>)(*(nint**)thrown)[WhatSlot];
        return Marshal.PtrToStringUTF8(what(thrown)) ?? "native code threw an error without a text";
    }

    private static Exports? Find()
    {
        string[] names = ["_ZSt13set_terminatePFvvE", "_ZSt17current_exceptionv", "__cxa_current_exception_type"];
        if (!LibC.IsGlibc || !NativeLibrary.TryLoad(Runtime, out var library))
            return null;
        var found = names.Select(name => NativeLibrary.TryGetExport(library, name, out var address) ? address : 0).ToArray();
        return found.Contains(0) ? null : new Exports(found);
    }

    private sealed class Exports(nint[] addresses)
    {
        public delegate* unmanaged<void> SetTerminate(delegate* unmanaged<void> handler) =>
            ((delegate* unmanaged<delegate* unmanaged<void>, delegate* unmanaged<void>>)addresses[0])(handler);

        // A std::exception_ptr is a pointer to what was thrown, and is returned by way of a hidden argument.
        public void Current(nint* pointer) => ((delegate* unmanaged<nint*, nint*>)addresses[1])(pointer);

        public void* CurrentType() => ((delegate* unmanaged<void*>)addresses[2])();
    }

    private sealed class Work(Action action)
    {
        private readonly TaskCompletionSource _end = new();
        private int _thread;

        public string? Thrown { get; private set; }

        public bool IsThisThread => Environment.CurrentManagedThreadId == _thread;

        public void Run()
        {
            var thread = new Thread(() =>
            {
                _thread = Environment.CurrentManagedThreadId;
                action();
                _end.SetResult();
            })
            {
                IsBackground = true,
                Name = "TfKd native work",
            };
            thread.Start();
            _end.Task.Wait();
        }

        public void GiveUp(string text)
        {
            Thrown = text;
            _end.SetResult();
            Thread.Sleep(Timeout.Infinite);
        }
    }
}
