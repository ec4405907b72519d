namespace TfKd;

/// <summary>A source of rows of another one.</summary>
internal interface IRowsOfAnother
{
    /// <summary>The number that a row has in the source that all others are made of.</summary>
    int OriginOf(int row);
}

/// <summary>Which row of the source that all others are made of a row is: by it several processes know whose a row is.</summary>
internal static class RowOrigin
{
    public static int Of(IImageSource source, int row) => source is IRowsOfAnother rows ? rows.OriginOf(row) : row;

    /// <summary>The rows of a source that are a process's own, in order. Those of all processes together are all rows.</summary>
    public static IEnumerable<int> OwnRows(IImageSource source, ReplicaShare share) =>
        Enumerable.Range(0, source.Count).Where(row => share.Owns(Of(source, row)));
}
