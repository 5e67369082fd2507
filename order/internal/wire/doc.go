// Package wire is the runtime of the generated JSON codecs: helpers that append
// JSON, a strict one-pass [Reader], and the bounds and errors that the functions
// EncodeEvent, DecodeEvent, EncodeCommand and DecodeCommand of every package share.
// It knows no event and no command; wiregen writes the code for those.
//
// # Encoding
//
// The Append functions write what encoding/json writes with HTML escaping off, byte
// for byte, without reflection. They append to the slice they are given, as the
// functions of strconv do.
//
// # Decoding
//
// A Reader accepts one form of each value and refuses the rest with an [*Error] that
// names the field, the reason and the offset; [Malformed] makes a *trade.InvalidError
// of it. Beyond malformed JSON it refuses
//
//   - unknown keys, keys in another case, duplicate keys, missing keys and keys
//     written with escapes,
//   - null and values of another type,
//   - invalid UTF-8 and lone surrogates, which encoding/json replaces silently,
//   - numbers that are not plain integers in the range of their field,
//   - times that are not RFC 3339 in UTC, or of years outside 1970 to 2261,
//   - objects and arrays nested deeper than [MaxDepth], and arrays of more than
//     [MaxElements] elements,
//   - anything but white space after the value.
//
// What it accepts encoding/json accepts too, with the same value. Its time and memory
// are linear in the length of its input. See FuzzReader, and FuzzDecodeEvent of
// package wiretest.
package wire
