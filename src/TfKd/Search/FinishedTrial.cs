namespace TfKd;

/// <summary>
/// Ends a run where its trial ended, so that it becomes a network as it is. Where its checkpoint is gone the run is taken anew until
/// there: a trial that was left behind is the best where those that went on failed.
/// </summary>
/// <param name="epochs">The epochs of the trial.</param>
internal sealed class FinishedTrial(int epochs) : TrainingCallback
{
    public override void OnTrainBegin(TrainingState state) => Look(state);

    public override void OnEpochEnd(TrainingState state) => Look(state);

    private void Look(TrainingState state)
    {
        if (state.History.Count >= epochs && epochs < state.Plan.MaxEpochs && state.StopReason is null)
            state.RequestStop("The search ended with this epoch.", immediately: true);
    }
}
