using Microsoft.ML;

namespace TfKd.MLNet;

public sealed partial class TorchImageClassificationTrainer
{
    // What the network starts from.
    public sealed partial record Options
    {
        /// <summary>
        /// Weights to start from that another package brings, such as <see cref="Pretrained.ResNet18"/>, or of your own kind. Default null:
        /// see <see cref="WeightsPath"/>.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { InitialWeights = Pretrained.ResNet18 };
        /// </code></example>
        public InitialWeights? InitialWeights { get; init; }

        /// <summary>
        /// File of published weights to start from (.safetensors, PyTorch's .pth, or .onnx): all of the network but its head, which begins
        /// anew for the classes of the label column. Set <see cref="Normalization"/> to the input statistics that the weights were trained
        /// with. Default null: random weights.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     Network = new ResNet { Depth = 34 },
        ///     WeightsPath = "resnet34.pth",
        ///     Normalization = ChannelStatistics.ImageNet,
        /// };
        /// </code></example>
        public string? WeightsPath { get; init => field = value is null ? null : Require.Name(value); }

        /// <summary>
        /// Which dictionary of tensors to take of a <see cref="WeightsPath"/> that has several, such as <c>model_ema</c> of a training
        /// script's checkpoint, with <c>/</c> between names; see <see cref="WeightFile.Read(string, string?)"/>. Default null: the only
        /// one.
        /// </summary>
        public string? WeightsDictionary { get; init; }

        /// <summary>
        /// A trained model to go on from: a <see cref="TorchImageClassificationTransformer"/>, or a chain with exactly one, as Fit and
        /// Model.Load return them. Its network, its weights and its normalisation are taken; its classes must be among those of the label
        /// column and keep their part of the head, new ones begin anew. Default null: none.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     InitialModel = ml.Model.Load("model.zip", out _),
        ///     MaxEpochs = 10,
        /// };
        /// </code></example>
        public ITransformer? InitialModel
        {
            get;
            init => (field, _initialModel) = (value, value is null ? null : ModelsInChain.Single(value, nameof(InitialModel)));
        }

        /// <summary>
        /// Fits the head in the first epoch, by logistic regression on the features of the network as it starts: see
        /// <see cref="TfKd.LinearProbe"/>. Default null: the head learns with the rest.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     InitialWeights = Pretrained.ResNet18,
        ///     LinearProbe = new LinearProbe(),
        /// };
        /// </code></example>
        public LinearProbe? LinearProbe { get; init; }

        /// <summary>
        /// How many of the network's first stages keep the weights that they start with, batch norms included: from 0 (the default) to as
        /// many as <c>Network.GetStages()</c> has, for all but the head. With all of them frozen, no <see cref="Augmentations"/> and no
        /// <see cref="Mixing"/>, the frozen part runs once over each image and not once an epoch.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { InitialWeights = Pretrained.ResNet18, FrozenStages = 3 };
        /// </code></example>
        public int FrozenStages { get; init => field = Require.NotNegative(value); }

        /// <summary>
        /// Whether batch norms keep the running statistics that they start with, and normalise by them in training, too. Default false; for
        /// initial weights and a few hundred photos at most, whose batches say little of the statistics.
        /// </summary>
        public bool FreezeBatchNormStatistics { get; init; }

        /// <summary>
        /// The learning rate of all but the head, as a multiple of <see cref="Optimizer"/>'s. Default 1; 0.1 is usual for weights that are
        /// good already.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     InitialWeights = Pretrained.ResNet18,
        ///     BackboneLearningRateFactor = 0.1,
        /// };
        /// </code></example>
        public double BackboneLearningRateFactor { get; init => field = Require.Positive(value); } = 1;

        /// <summary>
        /// Mean and standard deviation of each channel, of pixels scaled to 0 to 1, that the network's input is normalised with. Default
        /// null: those of the initial weights where they say (files of this library do, and models), otherwise computed from the training
        /// rows. Published weights for ImageNet usually want <see cref="ChannelStatistics.ImageNet"/>.
        /// </summary>
        public ChannelStatistics? Normalization { get; init; }
    }
}
