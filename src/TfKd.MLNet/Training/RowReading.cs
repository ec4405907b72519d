using Microsoft.ML.Runtime;

namespace TfKd.MLNet;

/// <summary>What goes with a reading of rows.</summary>
/// <param name="Channel">Takes what was read, and what was left out.</param>
/// <param name="Token">Stops between blocks.</param>
/// <param name="Share">Which rows this process decodes; null: all.</param>
internal readonly record struct RowReading(IChannel Channel, CancellationToken Token, DecodingShare? Share = null);
