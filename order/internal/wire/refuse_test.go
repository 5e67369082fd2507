package wire

import (
	"errors"
	"strings"
	"testing"
)

// Reasons that many inputs are refused for.
const (
	noEnd   = "unexpected end of data"
	noTime  = "not a time of RFC 3339 in UTC"
	noInt   = "expected an integer"
	notInt  = "not a plain integer"
	tooBig  = "integer out of range"
	noUUID  = "not a UUID in canonical form"
	comma   = "expected a comma or the end of the object"
	control = "control character in a string"
)

// refusal is an input with what its error must say.
type refusal struct {
	data, field, reason string
	offset              int
}

func (c refusal) check(t *testing.T) {
	t.Helper()
	_, err := decode(c.data)
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("%s: %v", clip(c.data, 80), err)
		return
	}
	if e.Field != c.field || e.Reason != c.reason || e.Offset != c.offset {
		t.Errorf("%s\nrefused as %q %q %d\nand not    %q %q %d", clip(c.data, 80),
			e.Field, e.Reason, e.Offset, c.field, c.reason, c.offset)
	}
}

// TestRefusesStructure: what is not one object, whole and alone.
func TestRefusesStructure(t *testing.T) {
	for _, c := range []refusal{
		{``, "", noEnd, 0},
		{` `, "", noEnd, 1},
		{`null`, "", "null is not allowed", 0},
		{`[]`, "", "expected an object", 0},
		{`"s"`, "", "expected an object", 0},
		{`}`, "", "expected an object", 0},
		{"\x00", "", "expected an object", 0},
		{"\ufeff{}", "", "expected an object", 0},
		{`{`, "", noEnd, 1},
		{`{"`, "", noEnd, 2},
		{`{"s`, "", noEnd, 3},
		{`{"s"`, "s", noEnd, 4},
		{`{"s":`, "s", noEnd, 5},
		{`{"s":"`, "s", noEnd, 6},
		{`{"s":"\`, "s", noEnd, 7},
		{`{"s":"\"`, "s", noEnd, 8},
		{`{"s":"long enough for a word`, "s", noEnd, 28},
		{`{"s":"12345678`, "s", noEnd, 14},
		{`{"s":""`, "", noEnd, 7},
		{`{"s":"",`, "", noEnd, 8},
		{`{,"s":""}`, "", "expected a key", 1},
		{`{"s":"",}`, "", "expected a key", 8},
		{`{"s":"",,}`, "", "expected a key", 8},
		{`{"s":"" "b":true}`, "", comma, 8},
		{`{"s":""]`, "", comma, 7},
		{`{s:""}`, "", "expected a key", 1},
		{`{null:""}`, "", "null is not allowed", 1},
		{`{"s" ""}`, "s", "expected a colon", 5},
		{`{"s":""}x`, "", "trailing data", 8},
		{`{"s":""} {}`, "", "trailing data", 9},
		{"{\"s\":\"\"}\x00", "", "trailing data", 8},
	} {
		c.check(t)
	}
}

// TestRefusesKeys: keys that are missing, duplicate, unknown or not plain.
func TestRefusesKeys(t *testing.T) {
	for _, c := range []refusal{
		{`{}`, "s", "missing key", 1},
		{`{"b":true}`, "s", "missing key", 9},
		{`{"s":"","kids":[{"s":""},{ }]}`, "kids[1].s", "missing key", 27},
		{`{"s":"","s":""}`, "s", "duplicate key", 8},
		{`{"s":"","i":1,"i":1}`, "i", "duplicate key", 14},
		{`{"S":""}`, "S", "unknown key", 1},
		{`{"":""}`, "", "unknown key", 1},
		{`{"x":{"y":[1,2,3]}}`, "x", "unknown key", 1},
		{`{"\u0073":""}`, "?u0073", "escaped key", 1},
		{`{"s\"":""}`, "s?", "expected a colon", 5},
		{"{\"\xff\":\"\"}", "?", "invalid UTF-8", 1},
		{"{\"a\n<é>\":\"\"}", "a?????", "unknown key", 1},
		{`{"` + strings.Repeat("k", 1000) + `":1}`, strings.Repeat("k", 40) + "...", "unknown key", 1},
	} {
		c.check(t)
	}
}

// TestRefusesStrings: strings that are malformed or not UTF-8.
func TestRefusesStrings(t *testing.T) {
	for _, c := range []refusal{
		{`{"s":null}`, "s", "null is not allowed", 5},
		{`{"s":1}`, "s", "expected a string", 5},
		{`{"s":'x'}`, "s", "expected a string", 5},
		{"{\"s\":\"\n\"}", "s", control, 6},
		{"{\"s\":\"0123456789\x00\"}", "s", control, 16},
		{"{\"s\":\"\x1f23456789\"}", "s", control, 6},
		{"{\"s\":\"\\\n\"}", "s", "invalid escape", 5},
		{`{"s":"\x"}`, "s", "invalid escape", 5},
		{"{\"s\":\"\\\xff\"}", "s", "invalid escape", 5},
		{`{"s":"\u"}`, "s", "invalid escape", 5},
		{`{"s":"\u00g0"}`, "s", "invalid escape", 5},
		{`{"s":"\u123"}`, "s", "invalid escape", 5},
		{`{"s":"\U0001F600"}`, "s", "invalid escape", 5},
		{`{"s":"\ud83d"}`, "s", "lone surrogate", 5},
		{`{"s":"\ud83d\n"}`, "s", "lone surrogate", 5},
		{`{"s":"\ud83d\u0041"}`, "s", "lone surrogate", 5},
		{`{"s":"\ude00\ud83d"}`, "s", "lone surrogate", 5},
		{"{\"s\":\"\xff\"}", "s", "invalid UTF-8", 5},
		{"{\"s\":\"0123456\xc3\"}", "s", "invalid UTF-8", 5},
		{"{\"s\":\"\xed\xa0\x80\"}", "s", "invalid UTF-8", 5},
		{"{\"s\":\"\xc0\x80\"}", "s", "invalid UTF-8", 5},
	} {
		c.check(t)
	}
}

// TestRefusesBools: what is neither true nor false.
func TestRefusesBools(t *testing.T) {
	for _, c := range []refusal{
		{`{"b":1}`, "b", "expected true or false", 5},
		{`{"b":"true"}`, "b", "expected true or false", 5},
		{`{"b":True}`, "b", "expected true or false", 5},
		{`{"b":tru`, "b", "expected true or false", 5},
		{`{"b":`, "b", noEnd, 5},
		{`{"b":null}`, "b", "null is not allowed", 5},
		{`{"b":truer}`, "", comma, 9},
	} {
		c.check(t)
	}
}

// TestRefusesIntegers: what is not a plain integer in the range of its field.
func TestRefusesIntegers(t *testing.T) {
	for _, c := range []refusal{
		{`{"i8":128}`, "i8", tooBig, 6},
		{`{"i8":-129}`, "i8", tooBig, 6},
		{`{"i64":9223372036854775808}`, "i64", tooBig, 7},
		{`{"i64":-9223372036854775809}`, "i64", tooBig, 7},
		{`{"i":` + strings.Repeat("9", 1000) + `}`, "i", tooBig, 5},
		{`{"u16":65536}`, "u16", tooBig, 7},
		{`{"u64":18446744073709551616}`, "u64", tooBig, 7},
		{`{"u":-1}`, "u", noInt, 5},
		{`{"i":-}`, "i", noInt, 6},
		{`{"i":- 1}`, "i", noInt, 6},
		{`{"i":+1}`, "i", noInt, 5},
		{`{"i":.5}`, "i", noInt, 5},
		{`{"i":"1"}`, "i", noInt, 5},
		{`{"i":null}`, "i", "null is not allowed", 5},
		{`{"i":`, "i", noEnd, 5},
		{`{"i":-0}`, "i", notInt, 5},
		{`{"i":01}`, "i", notInt, 5},
		{`{"i":1.0}`, "i", notInt, 5},
		{`{"i":1e1}`, "i", notInt, 5},
		{`{"i":0E0}`, "i", notInt, 5},
		{`{"i":0x1}`, "", comma, 6},
	} {
		c.check(t)
	}
}

// TestRefusesTimes: times that are not RFC 3339 in UTC, or out of range.
func TestRefusesTimes(t *testing.T) {
	const at = `{"s":"","t":"`
	for _, c := range []refusal{
		{`{"t":1}`, "t", "expected a string", 5},
		{at + `"}`, "t", noTime, 12},
		{at + `2026-01-01"}`, "t", noTime, 12},
		{at + `2026-01-01T00:00:00"}`, "t", noTime, 12},
		{at + `2026-01-01T00:00:00z"}`, "t", noTime, 12},
		{at + `2026-01-01t00:00:00Z"}`, "t", noTime, 12},
		{at + `2026-01-01 00:00:00Z"}`, "t", noTime, 12},
		{at + `2026-01-01T00:00:00+0000"}`, "t", noTime, 12},
		{at + `2026-01-01T00:00:00+00:0"}`, "t", noTime, 12},
		{at + `2026-01-01T00:00:00+00:01"}`, "t", noTime, 12},
		{at + `2026-01-01T00:00:00Z+00:00"}`, "t", noTime, 12},
		{at + `2026-01-01T00:00:00ZZ"}`, "t", noTime, 12},
		{at + `+00:00"}`, "t", noTime, 12},
		{at + `2026-01-01T08:00:00+08:00"}`, "t", noTime, 12},
		{at + `2026-01-01T00:00:00.Z"}`, "t", noTime, 12},
		{at + `2026-01-01T00:00:00.0000000000Z"}`, "t", noTime, 12},
		{at + `2026-01-01T00:00:00.1000000000Z"}`, "t", noTime, 12},
		{at + `2026-01-01T00:00:00,1Z"}`, "t", noTime, 12},
		{at + `2026-01-01T00:00:00.1x1Z"}`, "t", noTime, 12},
		{at + `2026-01-01T00:00:00.0000000001Z"}`, "t", noTime, 12},
		{at + `2026-00-01T00:00:00Z"}`, "t", noTime, 12},
		{at + `2026-13-01T00:00:00Z"}`, "t", noTime, 12},
		{at + `2026-01-00T00:00:00Z"}`, "t", noTime, 12},
		{at + `2026-01-32T00:00:00Z"}`, "t", noTime, 12},
		{at + `2026-04-31T00:00:00Z"}`, "t", noTime, 12},
		{at + `2025-02-29T00:00:00Z"}`, "t", noTime, 12},
		{at + `2100-02-29T00:00:00Z"}`, "t", noTime, 12},
		{at + `2026-01-01T24:00:00Z"}`, "t", noTime, 12},
		{at + `2026-01-01T00:60:00Z"}`, "t", noTime, 12},
		{at + `2026-01-01T00:00:60Z"}`, "t", noTime, 12},
		{at + `2026-1-01T00:00:000Z"}`, "t", noTime, 12},
		{at + `-026-01-01T00:00:00Z"}`, "t", noTime, 12},
		{at + `20x6-01-01T00:00:00Z"}`, "t", noTime, 12},
		{at + `x026-01-01T00:00:00Z"}`, "t", noTime, 12},
		{at + `2026\u002d01-01T00:00:00Z"}`, "t", noTime, 12},
		{at + `1969-12-31T23:59:59Z"}`, "t", "year outside 1970 to 2261", 12},
		{at + `2262-01-01T00:00:00Z"}`, "t", "year outside 1970 to 2261", 12},
		{at + `0000-01-01T00:00:00Z"}`, "t", "year outside 1970 to 2261", 12},
	} {
		c.check(t)
	}
}

// TestRefusesTexts: texts that their types refuse.
func TestRefusesTexts(t *testing.T) {
	for _, c := range []refusal{
		{`{"id":7}`, "id", "expected a string", 6},
		{`{"id":""}`, "id", noUUID, 6},
		{`{"id":"01890A5D-ac96-774b-bcce-b302099a8057"}`, "id", noUUID, 6},
		{`{"id":"{01890a5d-ac96-774b-bcce-b302099a8057}"}`, "id", noUUID, 6},
		{`{"id":"01890a5dac96774bbcceb302099a8057"}`, "id", noUUID, 6},
		{`{"id":"01890a5d-ac96-774b-bcceb-302099a8057"}`, "id", noUUID, 6},
		{`{"id":"01890a5g-ac96-774b-bcce-b302099a8057"}`, "id", noUUID, 6},
		{`{"id":"01890a5d-ac96-774b-bcce-b302099a805é"}`, "id", noUUID, 6},
		{`{"even":"odd"}`, "even", "an odd length: odd", 8},
	} {
		c.check(t)
	}
}

// TestRefusesArrays: arrays that are malformed, too long or nested too deep.
func TestRefusesArrays(t *testing.T) {
	for _, c := range []refusal{
		{`{"names":"a"}`, "names", "expected an array", 9},
		{`{"names":null}`, "names", "null is not allowed", 9},
		{`{"names":[`, "names", noEnd, 10},
		{`{"names":["a"`, "names", noEnd, 13},
		{`{"names":["a",`, "names", noEnd, 14},
		{`{"names":["a",]}`, "names", "expected a value", 14},
		{`{"names":[,]}`, "names[0]", "expected a string", 10},
		{`{"names":["a" "b"]}`, "names", "expected a comma or the end of the array", 14},
		{`{"names":["a"}}`, "names", "expected a comma or the end of the array", 13},
		{`{"names":["a",null]}`, "names[1]", "null is not allowed", 14},
		{`{"names":["a",{}]}`, "names[1]", "expected a string", 14},
		{`{"s":"","kids":[{"s":"","kids":[{"s":""},{"s":0}]}]}`, "kids[0].kids[1].s", "expected a string", 46},
		{`{"s":"","kids":[{"s":""},{"s":"","z":0}]}`, "kids[1].z", "unknown key", 33},
		{nested(9), strings.Repeat("kids[0].", 8)[:63], "nested deeper than 16", 8 * 16},
		{`{"names":[` + strings.Repeat(`"",`, 10_000) + `""]}`, "names", "more than 10000 elements", 10 + 3*10_000},
	} {
		c.check(t)
	}
}
