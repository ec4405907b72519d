namespace TfKd;

/// <summary>Runs a convolution on a path and compares it with the truth; tests put their own lying kernels here.</summary>
internal interface IConvolutionProbe
{
    KernelVerdict Run(ConvolutionSignature signature, ComputePath path);
}
