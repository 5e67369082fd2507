package ordertest

import (
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/tradesurety/surety/order/trade"
)

// spoilt returns the request with a hostile value in one field of its command.
func (r Request) spoilt(c chance) Request { return Request{r.Kind, r.Target, spoil(c, r.Command)} }

// spoil returns a copy of a command with a hostile value in one field. A command without fields is returned
// unchanged.
func spoil[C any](c chance, command C) C {
	v := reflect.New(reflect.TypeOf(command)).Elem()
	v.Set(reflect.ValueOf(command))
	var leaves []reflect.Value
	appendLeaves(v, &leaves)
	if len(leaves) > 0 {
		setHostile(c, one(c, leaves...))
	}
	return v.Interface().(C)
}

// appendLeaves appends the fields that spoil can change, those of nested structs included. A value of a type in
// whole is one field.
func appendLeaves(v reflect.Value, leaves *[]reflect.Value) {
	if v.Kind() != reflect.Struct || whole[v.Type()] {
		*leaves = append(*leaves, v)
		return
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			appendLeaves(v.Field(i), leaves)
		}
	}
}

// whole are the struct types whose values are replaced as a whole.
var whole = map[reflect.Type]bool{
	reflect.TypeFor[trade.Money](): true, reflect.TypeFor[trade.Number](): true, reflect.TypeFor[time.Time](): true,
}

// Values that no caller should send.
var (
	hostileTexts = []string{
		"", " ", " led by a space", "two\nlines", "\x00", "\xff\xfe", "\u202egnp.exe", "'; DROP TABLE records; --", "<script>", "../../etc",
		strings.Repeat("A", 65), strings.Repeat("长", 700), strings.Repeat("x", 70_000),
	}
	hostileMoney = []trade.Money{
		{}, USD("0"), USD("-0.01"), CNY("-1"), USD("92233720368547758.07"), CNY("92233720368547758.07"), USD("-92233720368547758.08"),
		must(trade.ParseMoney("1 JPY")), must(trade.ParseMoney("0.001 KWD")), trade.Minor(1, trade.Currency{'X', 'Q', 'Z'}),
	}
	hostileInstants = []time.Time{
		{}, trade.MinInstant.Add(-1), trade.MaxInstant.Add(1), time.Unix(math.MaxInt32, 0), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		time.Date(2024, 2, 29, 23, 59, 59, 999999999, time.FixedZone("", 14*60*60)),
	}
	hostileNumbers = []string{"0", "-1", "0.000001", "9223372036854.775807", "-9223372036854.775808"}
)

// setHostile sets a field to a hostile value of its type.
func setHostile(c chance, v reflect.Value) {
	switch v.Interface().(type) {
	case trade.Money:
		v.Set(reflect.ValueOf(one(c, hostileMoney...)))
		return
	case trade.Number:
		v.Set(reflect.ValueOf(must(trade.ParseNumber(one(c, hostileNumbers...)))))
		return
	case time.Time:
		v.Set(reflect.ValueOf(one(c, hostileInstants...)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(one(c, hostileTexts...))
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		v.SetInt(one[int64](c, -1, 0, math.MinInt32, math.MaxInt32, math.MinInt64, math.MaxInt64))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		v.SetUint(one[uint64](c, 0, 1<<v.Type().Bits()-1))
	case reflect.Slice:
		long := reflect.MakeSlice(v.Type(), one(c, 0, 1, 1001), 1001)
		for i := 0; i < long.Len() && v.Len() > 0; i++ {
			long.Index(i).Set(v.Index(0))
		}
		v.Set(long)
	case reflect.Array: // an ID or a currency
		v.Set(reflect.Zero(v.Type()))
	}
}
