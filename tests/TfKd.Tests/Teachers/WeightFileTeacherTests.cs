using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class WeightFileTeacherTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
    private readonly NetworkArchitecture _architecture = new SmallCnn { InputShape = new ImageShape(3, 8, 8) };

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Answer_is_that_of_the_saved_network()
    {
        using var scope = NewDisposeScope();
        using var network = Save();
        var batch = Batch();
        using var teacher = new WeightFileTeacher(_architecture, _path).Open(TeacherFixture.Context(3));

        network.eval();
        Assert.True(allclose(network.call(batch.Images), teacher.Teach(batch).Logits));
    }

    [Fact]
    public void A_normalisation_that_is_given_goes_before_that_of_the_file()
    {
        using var scope = NewDisposeScope();
        using var network = Save();
        var batch = Batch();
        var other = new ChannelStatistics([0.3, 0.2, 0.1], [0.5, 0.5, 0.5]);
        using var teacher = new WeightFileTeacher(_architecture, _path) { Normalization = other }.Open(TeacherFixture.Context(3));

        network.eval();
        network.Normalization.Set(other);
        Assert.True(allclose(network.call(batch.Images), teacher.Teach(batch).Logits));
    }

    [Fact]
    public void A_file_without_normalisation_is_refused_where_none_is_given()
    {
        using (var network = _architecture.Build(3))
            SafeTensors.Write(_path, network.Body.state_dict(), new Dictionary<string, string>());

        var error = Assert.Throws<InvalidDataException>(() => new WeightFileTeacher(_architecture, _path).Open(TeacherFixture.Context(3)));
        Assert.Equal($"The teacher's file '{_path}' does not say what its network's input was normalised with; set Normalization.",
            error.Message);
    }

    [Fact]
    public void Another_number_of_classes_is_refused()
    {
        Save().Dispose();
        Assert.Contains("does not fit", Assert.Throws<InvalidDataException>(
            () => new WeightFileTeacher(_architecture, _path).Open(TeacherFixture.Context(4))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.Equal($"The teacher's file '{_path}' is not there.", Assert.Throws<FileNotFoundException>(
            () => new WeightFileTeacher(_architecture, _path).Open(TeacherFixture.Context(3))).Message);

    private ImageNetwork Save()
    {
        var network = _architecture.Build(3);
        network.Normalization.Set(new ChannelStatistics([0.5, 0.4, 0.3], [0.2, 0.3, 0.4]));
        NetworkWeights.Save(network, _path);
        return network;
    }

    private static ImageBatch Batch() =>
        TeacherFixture.Batch(Targets.FromLabels(tensor([0L, 2L]), 3), randint(256, [2, 3, 8, 8], ScalarType.Byte));
}
