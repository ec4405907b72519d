namespace TfKd;

/// <summary>Watches a run and may stop it. Derive and override what is wanted; every hook does nothing by default.</summary>
public abstract class TrainingCallback
{
    /// <summary>
    /// What it looks at on the validation rows, by which the best epoch is chosen where the plan has no
    /// <see cref="TrainingPlan.BestEpochMetric"/>. Null, the default: nothing.
    /// </summary>
    public virtual ValidationMetric? WatchedMetric => null;

    /// <summary>
    /// Whether it is of no use without validation rows: a run without them is then refused before its first batch. False by default.
    /// </summary>
    public virtual bool NeedsValidation => false;

    /// <summary>
    /// Whether it can watch a run whose samples may have several labels: one that cannot is refused before the first batch. True by
    /// default.
    /// </summary>
    public virtual bool TakesSeveralLabels => true;

    /// <summary>Before the first step.</summary>
    public virtual void OnTrainBegin(TrainingState state)
    {
    }

    /// <summary>After each step.</summary>
    public virtual void OnBatchEnd(TrainingState state)
    {
    }

    /// <summary>After each epoch, its validation included.</summary>
    public virtual void OnEpochEnd(TrainingState state)
    {
    }

    /// <summary>
    /// After the last epoch, before the best weights are restored. Not called when the run fails, or is cancelled and throws.
    /// </summary>
    public virtual void OnTrainEnd(TrainingState state)
    {
    }

    /// <summary>
    /// After the run: the student holds its final weights and is in evaluation mode. Not called when the run fails or is cancelled.
    /// </summary>
    /// <param name="state">The run.</param>
    /// <param name="result">What it brought.</param>
    public virtual void OnFinished(TrainingState state, TrainingResult result)
    {
    }

    /// <summary>When the run has something to say in words.</summary>
    public virtual void OnMessage(string message, bool isWarning)
    {
    }
}
