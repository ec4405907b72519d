namespace TfKd;

/// <summary>Ends a run where its checkpoint ends: a trial that the time was up for becomes a network as it is.</summary>
internal sealed class FinishedTrial : TrainingCallback
{
    public override void OnTrainBegin(TrainingState state)
    {
        if (state.Epoch < state.Plan.MaxEpochs)
            state.RequestStop("The time of the search was up.", immediately: true);
    }
}
