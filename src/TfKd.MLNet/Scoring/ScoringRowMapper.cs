using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>Scores row by row, as PredictionEngine does.</summary>
internal sealed class ScoringRowMapper(DataViewSchema input, ScoringContext scoring) : IRowToRowMapper
{
    public DataViewSchema InputSchema { get; } = input;

    public DataViewSchema OutputSchema { get; } = scoring.GetOutputSchema(input);

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        scoring.DependenciesOf(InputSchema, dependingColumns.Select(column => column.Index).ToHashSet());

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns) =>
        new Row(input, OutputSchema, scoring, activeColumns.Select(column => column.Index).ToHashSet());

    private sealed class Row : DataViewRow
    {
        private readonly DataViewRow _input;
        private readonly ScoringContext _scoring;
        private readonly HashSet<int> _active;
        private readonly ScoreBlock? _block;
        private long _scoredPosition = -1;

        public Row(DataViewRow input, DataViewSchema schema, ScoringContext scoring, HashSet<int> active)
        {
            (_input, Schema, _scoring, _active) = (input, schema, scoring, active);
            if (active.Any(index => index >= input.Schema.Count))
                _block = new ScoreBlock(scoring, input, scoring.NeedsOf(input.Schema, active), capacity: 1);
        }

        public override DataViewSchema Schema { get; }

        public override long Position => _input.Position;

        public override long Batch => _input.Batch;

        public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

        public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (column.Index < _input.Schema.Count)
                return _input.GetGetter<TValue>(_input.Schema[column.Index]);
            if (!IsColumnActive(column))
                throw new ArgumentException($"Column '{column.Name}' was not asked for when the row was made.", nameof(column));
            return _scoring.MakeGetter(column.Index - _input.Schema.Count, _block!, Current) as ValueGetter<TValue>
                ?? throw new InvalidOperationException(
                    $"Column '{column.Name}' is {ColumnTypes.Describe(column.Type)}, but was asked for as {typeof(TValue).Name}.");
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _block?.Dispose();
                _input.Dispose();
            }

            base.Dispose(disposing);
        }

        // All columns of one row take one run of the network.
        private int Current()
        {
            if (_input.Position != _scoredPosition)
            {
                _block!.Clear();
                _block.Add(_input.Position);
                _scoredPosition = _input.Position;
            }

            return 0;
        }
    }
}
