package entrustment

import (
	"time"

	"github.com/tradesurety/surety/order/trade"
)

// DeclarationNo is a customs declaration number (报关单号, 海关编号; entryId): 1 to 32 digits and
// capital letters, so that one number has one spelling. Customs give 18 characters: 4 for the
// district, 4 for the year, the flag and a serial of 9.
type DeclarationNo string

// Strict reports whether the number has 18 digits with the export flag, 0, in the ninth place.
func (n DeclarationNo) Strict() bool {
	if len(n) != 18 {
		return false
	}
	return digits(string(n)) && n[8] == '0'
}

// Declaration is a customs declaration for export (报关单). Next to each field stands its Chinese
// term and its name in the single window (单一窗口). Number, DeclaringCustoms, DeparturePort,
// DeclaredAt and at least one item are mandatory. Codes are those of the customs' own tables and
// are not looked up.
//
// A Declaration is a value; do not write to the Items of one that a state or an event holds.
// Stored: add fields, never rename or remove.
type Declaration struct {
	Number           DeclarationNo `json:"number"`                    // 海关编号 entryId
	UnifiedNumber    string        `json:"unified_number,omitzero"`   // 统一编号 cusCiqNo
	ContractNumber   string        `json:"contract_number,omitzero"`  // 合同协议号 contrNo
	TransportMode    string        `json:"transport_mode,omitzero"`   // 运输方式 trafMode
	DeclaringCustoms string        `json:"declaring_customs"`         // 申报地海关 customMaster
	ExitCustoms      string        `json:"exit_customs,omitzero"`     // 出境关别 iePort
	DeparturePort    string        `json:"departure_port"`            // 离境口岸 despPort
	TradeCountry     string        `json:"trade_country,omitzero"`    // 贸易国（地区） tradeCountry
	Destination      string        `json:"destination,omitzero"`      // 运抵国（地区） destination
	TradeTerm        string        `json:"trade_term,omitzero"`       // 成交方式 transMode, an Incoterm such as FOB
	Packages         uint32        `json:"packages,omitzero"`         // 件数 packNo
	GrossWeight      trade.Number  `json:"gross_weight,omitzero"`     // 毛重 grossWt, in kilograms
	NetWeight        trade.Number  `json:"net_weight,omitzero"`       // 净重 netWt, in kilograms
	Packing          string        `json:"packing,omitzero"`          // 包装种类 wrapType
	SupervisionMode  string        `json:"supervision_mode,omitzero"` // 监管方式 tradeMode
	DutyNature       string        `json:"duty_nature,omitzero"`      // 征免性质 cutMode
	SourceDistrict   string        `json:"source_district,omitzero"`  // 境内货源地 district
	Consignor        Enterprise    `json:"consignor,omitzero"`        // 境内发货人
	Producer         Enterprise    `json:"producer,omitzero"`         // 生产销售单位 producer
	Declarant        Enterprise    `json:"declarant,omitzero"`        // 申报单位 agent
	BillNumber       string        `json:"bill_number,omitzero"`      // 提运单号 billNo
	DeclaredAt       time.Time     `json:"declared_at"`               // 申报日期
	Items            []Item        `json:"items"`
}

// Item is one line of goods on a declaration.
// Stored: add fields, never rename or remove.
type Item struct {
	No       uint16       `json:"no"`                // 项号 gNo, from 1 on
	HSCode   string       `json:"hs_code"`           // 商品编号 codeTs, 10 digits
	Name     string       `json:"name"`              // 商品名称 gName
	Elements string       `json:"elements,omitzero"` // 规格型号、申报要素 gModel
	Quantity trade.Number `json:"quantity"`          // 成交数量 gQty
	Unit     string       `json:"unit"`              // 成交单位 gUnit
	Price    trade.Number `json:"price"`             // 单价 declPrice, in the currency of Total
	Total    trade.Money  `json:"total"`             // 总价 declTotal
	Origin   string       `json:"origin,omitzero"`   // 原产国（地区）
}

// Enterprise is a firm on a declaration. Code is its unified social credit code (统一社会信用代码)
// or its registration with customs.
// Stored: add fields, never rename or remove.
type Enterprise struct {
	Code string `json:"code,omitzero"`
	Name string `json:"name,omitzero"`
}

// Same reports whether both are the same firm: by their codes, or by their names where one of
// them has no code. A firm with neither is the same as none.
func (e Enterprise) Same(o Enterprise) bool {
	if e.Code != "" && o.Code != "" {
		return e.Code == o.Code
	}
	return e.Name != "" && e.Name == o.Name
}

// Currency returns the currency of the declaration, or the zero value if it has no items.
func (d *Declaration) Currency() trade.Currency {
	if len(d.Items) == 0 {
		return trade.Currency{}
	}
	return d.Items[0].Total.Currency()
}

// DeclaredTotal returns the sum of the items' totals. It fails only for a declaration that
// Declare would refuse: one of several currencies, or of a sum out of range.
func (d *Declaration) DeclaredTotal() (trade.Money, error) {
	var sum trade.Money
	for i := range d.Items {
		var err error
		if sum, err = sum.Add(d.Items[i].Total); err != nil {
			return trade.Money{}, err
		}
	}
	return sum, nil
}

// Difference returns by how much the declared totals of an order's declarations together exceed
// the order's total; it is negative where less was declared. It is for reports and refuses
// nothing: freight, trade term and part shipments make honest amounts differ (D44).
func Difference(total trade.Money, declarations ...Declaration) (trade.Money, error) {
	var sum trade.Money
	for i := range declarations {
		declared, err := declarations[i].DeclaredTotal()
		if err != nil {
			return trade.Money{}, err
		}
		if sum, err = sum.Add(declared); err != nil {
			return trade.Money{}, err
		}
	}
	return sum.Sub(total)
}

// ViaOneTouch reports whether the declaration shows an export through the export service (一达通):
// consignor and declarant are the service, and the producer is the supplier (D45). It is a test
// to report on; no command depends on it.
func (d *Declaration) ViaOneTouch(service, supplier Enterprise) bool {
	return d.Consignor.Same(service) && d.Declarant.Same(service) && d.Producer.Same(supplier)
}
