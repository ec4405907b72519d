namespace TfKd;

/// <summary>
/// The opcodes of a state dict's pickle and of data beside it, named as in Python's pickletools, and what each puts on the stack or does.
/// There are others; they are refused.
/// </summary>
internal enum PickleOpcode : byte
{
    /// <summary>The protocol's number, one byte.</summary>
    Proto = 0x80,

    /// <summary>Eight bytes: how much follows until the next frame. Of no use here.</summary>
    Frame = 0x95,

    /// <summary>The end; the value on the stack is the result.</summary>
    Stop = (byte)'.',

    /// <summary>None.</summary>
    None = (byte)'N',

    /// <summary>True.</summary>
    NewTrue = 0x88,

    /// <summary>False.</summary>
    NewFalse = 0x89,

    /// <summary>An integer of one byte, from 0.</summary>
    BinInt1 = (byte)'K',

    /// <summary>An integer of two bytes, from 0.</summary>
    BinInt2 = (byte)'M',

    /// <summary>An integer of four bytes.</summary>
    BinInt = (byte)'J',

    /// <summary>An integer of as many bytes as the first says.</summary>
    Long1 = 0x8a,

    /// <summary>A float64, big-endian.</summary>
    BinFloat = (byte)'G',

    /// <summary>Text, its length in one byte.</summary>
    ShortBinUnicode = 0x8c,

    /// <summary>Text, its length in four bytes.</summary>
    BinUnicode = (byte)'X',

    /// <summary>Text, its length in eight bytes.</summary>
    BinUnicode8 = 0x8d,

    /// <summary>Python 2's text, its length in one byte.</summary>
    ShortBinString = (byte)'U',

    /// <summary>Python 2's text, its length in four bytes.</summary>
    BinString = (byte)'T',

    /// <summary>Bytes, their number in one byte.</summary>
    ShortBinBytes = (byte)'C',

    /// <summary>Bytes, their number in four bytes.</summary>
    BinBytes = (byte)'B',

    /// <summary>Bytes, their number in eight bytes.</summary>
    BinBytes8 = 0x8e,

    /// <summary>The place on the stack that the next collection reaches down to.</summary>
    Mark = (byte)'(',

    /// <summary>A tuple of nothing.</summary>
    EmptyTuple = (byte)')',

    /// <summary>A tuple of the last value.</summary>
    Tuple1 = 0x85,

    /// <summary>A tuple of the last two values.</summary>
    Tuple2 = 0x86,

    /// <summary>A tuple of the last three values.</summary>
    Tuple3 = 0x87,

    /// <summary>A tuple of all values above the mark.</summary>
    Tuple = (byte)'t',

    /// <summary>A list.</summary>
    EmptyList = (byte)']',

    /// <summary>The last value goes to the list below it.</summary>
    Append = (byte)'a',

    /// <summary>All values above the mark go to the list below it.</summary>
    Appends = (byte)'e',

    /// <summary>A dictionary.</summary>
    EmptyDict = (byte)'}',

    /// <summary>The last two values, key and value, go to the dictionary below them.</summary>
    SetItem = (byte)'s',

    /// <summary>All pairs above the mark go to the dictionary below it.</summary>
    SetItems = (byte)'u',

    /// <summary>A set.</summary>
    EmptySet = 0x8f,

    /// <summary>All values above the mark go to the set below it.</summary>
    AddItems = 0x90,

    /// <summary>A set of all values above the mark.</summary>
    FrozenSet = 0x91,

    /// <summary>Remembers the last value under a number of one byte.</summary>
    BinPut = (byte)'q',

    /// <summary>Remembers the last value under a number of four bytes.</summary>
    LongBinPut = (byte)'r',

    /// <summary>Remembers the last value under the next number.</summary>
    Memoize = 0x94,

    /// <summary>What is remembered under a number of one byte.</summary>
    BinGet = (byte)'h',

    /// <summary>What is remembered under a number of four bytes.</summary>
    LongBinGet = (byte)'j',

    /// <summary>A name: two lines, module and name.</summary>
    Global = (byte)'c',

    /// <summary>A name: the last two values, module and name.</summary>
    StackGlobal = 0x93,

    /// <summary>Calls a name with the tuple above it.</summary>
    Reduce = (byte)'R',

    /// <summary>Makes an object of a type, with the tuple above it.</summary>
    NewObj = 0x81,

    /// <summary>Makes an object of a type, with a tuple and a dictionary above it.</summary>
    NewObjEx = 0x92,

    /// <summary>Gives the last value, attributes, to the object below it.</summary>
    Build = (byte)'b',

    /// <summary>What the last value, a persistent id, stands for.</summary>
    BinPersId = (byte)'Q',
}
