namespace TfKd;

/// <summary>Where a run stands when an objective is computed.</summary>
/// <param name="Epoch">The current epoch, from 0.</param>
/// <param name="MaxEpochs">Epochs planned.</param>
/// <param name="Step">Optimiser steps taken since the run began.</param>
public readonly record struct TrainingProgress(int Epoch, int MaxEpochs, long Step);
