namespace TfKd;

/// <summary>
/// Draws for each row another row of its class: every other one is equally likely, and a row that is alone in its class is its own partner.
/// </summary>
internal sealed class ClassPartners
{
    private readonly int[] _labels;
    private readonly int[] _places;
    private readonly int[][] _rowsOfClass;

    public ClassPartners(IImageSource source)
    {
        _labels = [.. Enumerable.Range(0, source.Count).Select(source.GetLabel)];
        _places = new int[_labels.Length];
        var rows = Enumerable.Range(0, source.ClassNames.Count).Select(_ => new List<int>()).ToArray();
        for (var row = 0; row < _labels.Length; row++)
        {
            _places[row] = rows[_labels[row]].Count;
            rows[_labels[row]].Add(row);
        }

        _rowsOfClass = [.. rows.Select(list => list.ToArray())];
    }

    /// <summary>A row's partner, the same whenever it is asked for.</summary>
    public int Of(int row, long seed, int epoch)
    {
        var rows = _rowsOfClass[_labels[row]];
        if (rows.Length == 1)
            return row;
        var draw = (int)(SeedSequence.Derive(seed, SeedPurpose.Partners, row, epoch) % (ulong)(rows.Length - 1));
        return rows[draw < _places[row] ? draw : draw + 1];
    }
}
