using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Logits in bfloat16 and float16: every objective computes in float32, as of the same numbers in that type.</summary>
public sealed class HalfPrecisionTests
{
    public static TheoryData<string, ScalarType> Cases()
    {
        var cases = new TheoryData<string, ScalarType>();
        foreach (var name in ObjectiveCases.All.Keys)
        {
            cases.Add(name, ScalarType.BFloat16);
            cases.Add(name, ScalarType.Float16);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Value_is_that_of_float32_and_the_gradient_but_for_its_rounding(string name, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var objective = ObjectiveCases.All[name];
        var batch = LogitBatch.Random(seed: 8, rows: 4, classes: 100);
        var (student, teacher) = (LogitBatch.ToTensor(batch.Student).to(type), LogitBatch.ToTensor(batch.Teacher).to(type));
        var (narrow, wide) = (student.detach().requires_grad_(), student.to(ScalarType.Float32).requires_grad_());

        var value = Evaluation.Of(objective, narrow, batch.LabelTensor(), teacher);
        var expected = Evaluation.Of(objective, wide, batch.LabelTensor(), teacher.to(ScalarType.Float32));
        value.backward();
        expected.backward();

        Assert.Equal(ScalarType.Float32, value.dtype);
        Assert.Equal(expected.item<float>(), value.item<float>());
        Assert.Equal(type, narrow.grad!.dtype);
        Assert.True(narrow.grad!.eq(wide.grad!.to(type)).all().item<bool>());
    }
}
