using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace TfKd.MLNet;

/// <summary>Keeps the rows that were decoded last: Fits one after the other that read the same ones decode them once.</summary>
internal sealed class TrainingDataShelf : IDisposable
{
    private TrainingData? _data;
    private (IDataView Input, TrainingDataSettings Settings, long Seed)? _key;

    /// <summary>The rows; those of the call before are freed where they are others.</summary>
    /// <inheritdoc cref="TrainingData.Read"/>
    public TrainingData Read(
        IDataView input, TrainingDataSettings settings, IReadOnlyList<string> classNames, long seed, IChannel channel,
        CancellationToken token)
    {
        if (_data is not null && _key == (input, settings, seed))
            return _data;
        Dispose();
        (_data, _key) = (TrainingData.Read(input, settings, classNames, seed, channel, token), (input, settings, seed));
        return _data;
    }

    public void Dispose()
    {
        _data?.Dispose();
        _data = null;
    }
}
