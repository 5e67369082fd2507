package trade

// Currency is the alphabetic code of an ISO 4217 currency. The zero value is not
// a currency. ParseCurrency returns the known codes; any other has no text form.
type Currency [3]byte

// ParseCurrency returns the currency of a code such as "USD". It accepts upper
// case only, and the currencies of ISO 4217 in which payments are made; anything
// else is an *InvalidError.
func ParseCurrency(code string) (Currency, error) {
	if _, ok := exponentOf(code); !ok {
		return Currency{}, unknownCurrency(code)
	}
	return Currency([]byte(code)), nil
}

// Exponent returns how many fraction digits the currency has: 2 for USD, 0 for
// JPY, 3 for KWD. For a code that ParseCurrency does not know it is 0.
func (c Currency) Exponent() int {
	exponent, _ := exponentOf(string(c[:]))
	return exponent
}

// String returns the code, or nothing for the zero value.
func (c Currency) String() string {
	if c.IsZero() {
		return ""
	}
	return string(c[:])
}

// IsZero reports whether c is the zero value.
func (c Currency) IsZero() bool { return c == Currency{} }

// AppendText appends the code, or nothing for the zero value. A code that
// ParseCurrency does not know is an *InvalidError.
func (c Currency) AppendText(b []byte) ([]byte, error) {
	if c.IsZero() {
		return b, nil
	}
	if _, ok := exponentOf(string(c[:])); !ok {
		return b, unknownCurrency(string(c[:]))
	}
	return append(b, c[:]...), nil
}

// MarshalText returns what AppendText appends.
func (c Currency) MarshalText() ([]byte, error) { return c.AppendText(nil) }

// UnmarshalText is the inverse of MarshalText: it sets c to the currency of the
// code, or to the zero value for an empty text. After an error c is unchanged.
func (c *Currency) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*c = Currency{}
		return nil
	}
	parsed, err := ParseCurrency(string(text[:min(len(text), maxQuoted+1)]))
	if err != nil {
		return err
	}
	*c = parsed
	return nil
}

func unknownCurrency(code string) *InvalidError {
	return Invalid("currency", "%s is not an ISO 4217 currency code", Quoted(code))
}

// unit is a currency as Money keeps it: the three letters, then a byte with the
// number of fraction digits and the mark of a known code. One word is compared
// and copied faster than an array, and the table is read only once. The zero
// unit is that of the zero Currency.
type unit uint32

const knownUnit unit = 1 << 31

func unitOf(c Currency) unit {
	u := unit(c[0]) | unit(c[1])<<8 | unit(c[2])<<16
	if exponent, ok := exponentOf(string(c[:])); ok {
		u |= knownUnit | unit(exponent)<<24
	}
	return u
}

func (u unit) known() bool { return u&knownUnit != 0 }

func (u unit) exponent() int { return int(u &^ knownUnit >> 24) }

func (u unit) currency() Currency { return Currency{byte(u), byte(u >> 8), byte(u >> 16)} }

// exponentOf is the table of currencies: ISO 4217 list one up to amendment 180,
// in force since 1 January 2026 (Bulgaria's BGN became EUR). Of the latest
// amendments it has SLE, VED, ZWG and XCG, and no longer has HRK, SLL, ZWL, CUC
// and ANG.
//
// It leaves out codes in which no payment is made: fund codes (BOV, CHE, CHW, CLF,
// COU, MXV, USN, UYI, XAD), precious metals, units of account without minor units
// (XDR, XSU, XUA and the bond units) and the codes for testing and for no currency.
//
// Stored: add codes, never remove one or change its digits, because histories
// contain them. A code that ISO withdraws stays.
func exponentOf(code string) (exponent int, ok bool) {
	switch code {
	case "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN",
		"BAM", "BBD", "BDT", "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD",
		"CAD", "CDF", "CHF", "CNY", "COP", "CRC", "CUP", "CVE", "CZK",
		"DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP",
		"GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF",
		"IDR", "ILS", "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT",
		"LAK", "LBP", "LKR", "LRD", "LSL",
		"MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN",
		"NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN",
		"QAR", "RON", "RSD", "RUB",
		"SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL",
		"THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "UYU", "UZS",
		"VED", "VES", "WST", "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG":
		return 2, true
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF",
		"UGX", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0, true
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3, true
	case "UYW":
		return 4, true
	}
	return 0, false
}
