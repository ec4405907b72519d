using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A network that looks at the files of the training rows, at its own size, whatever view of a row the student sees. It is asked about each
/// row once.
/// </summary>
/// <param name="network">Answers; it is this one's from here on.</param>
/// <param name="rows">The training rows at the network's size.</param>
/// <param name="device">Where the batches are.</param>
internal sealed class FileRowsTeacher(NetworkTeacher network, IImageSource rows, Device device) : Teacher
{
    // One number a class of each row that was asked about.
    private readonly float[]?[] _answers = new float[]?[rows.Count];

    public override string Fingerprint => $"{network.Fingerprint} of files";

    public override bool KnowsTrainingRowsOnly => true;

    protected override TeacherSignal TeachCore(ImageBatch batch)
    {
        int[] unknown = [.. batch.RowIds.Where(row => _answers[row] is null).Distinct()];
        if (unknown.Length > 0)
            Ask(unknown, batch.Targets.ClassCount);
        var logits = DeviceCopy.Of([.. batch.RowIds.SelectMany(row => _answers[row]!)], device);
        return new TeacherSignal(logits.view(batch.RowIds.Count, batch.Targets.ClassCount));
    }

    protected override void DisposeCore() => network.Dispose();

    private void Ask(int[] unknown, int classCount)
    {
        foreach (var loaded in new BatchLoader(new SourceSubset(rows, unknown), unknown.Length).ReadInOrder())
        {
            using (loaded)
            {
                var labels = Targets.FromPartialLabels(DeviceCopy.To(loaded.Labels, device), classCount, labelScale: 1);
                var images = DeviceCopy.To(loaded.Images, device);
                var logits = network.Teach(new ImageBatch(images, labels, RowIds: [], View: 0)).Logits.cpu().to(float32);
                var numbers = logits.data<float>().ToArray();
                for (var i = 0; i < unknown.Length; i++)
                    _answers[unknown[i]] = numbers[(i * classCount)..((i + 1) * classCount)];
            }
        }
    }
}
