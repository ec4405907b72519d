namespace TfKd.Tests;

/// <summary>A replica that is alone, so that there is nothing to do.</summary>
internal sealed class LoneReplica : TfKd.Replicas
{
    public override int Rank => 0;

    public override int Count => 1;

    public override void Sum(Span<float> values)
    {
    }

    public override void Sum(Span<double> values)
    {
    }

    public override void Broadcast(Span<byte> bytes)
    {
    }

    public override void Abort(string reason)
    {
    }
}
