namespace TfKd;

/// <summary>A part of an image, in pixels.</summary>
internal readonly record struct PixelBox(int Top, int Left, int Height, int Width);
