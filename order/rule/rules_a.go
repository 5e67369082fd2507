package rule

// The rules of a Trade Assurance order.
const (
	// A1 is the sequence of the stages.
	A1 ID = "A1"
	// A2 is the operating store.
	A2 ID = "A2"
	// A3 is the two routes of activation.
	A3 ID = "A3"
	// A4 is the activation by a paid member.
	A4 ID = "A4"
	// A5 is the activation by a free member.
	A5 ID = "A5"
	// A6 is the active service that drafting needs.
	A6 ID = "A6"
	// A7 is the two modes of drafting.
	A7 ID = "A7"
	// A8 is the matched buyer.
	A8 ID = "A8"
	// A9 is the upload of the offline contract.
	A9 ID = "A9"
	// A10 is the ban on receiving accounts in contracts.
	A10 ID = "A10"
	// A11 is the receiving account of an order.
	A11 ID = "A11"
	// A12 is the order total.
	A12 ID = "A12"
	// A13 is the tick that coverage needs.
	A13 ID = "A13"
	// A14 is the end of pre-shipment coverage.
	A14 ID = "A14"
	// A15 is the end of post-delivery coverage.
	A15 ID = "A15"
	// A16 is the complete and acknowledged submission.
	A16 ID = "A16"
	// A17 is the order link.
	A17 ID = "A17"
	// A18 is the confirmation by the buyer of the contract.
	A18 ID = "A18"
	// A19 is the three payment methods.
	A19 ID = "A19"
	// A20 is the payment before shipment.
	A20 ID = "A20"
	// A21 is the export through OneTouch.
	A21 ID = "A21"
	// A22 is the number of entrustments of an order.
	A22 ID = "A22"
	// A23 is the release not before the draft.
	A23 ID = "A23"
	// A24 is the receipt and the review.
	A24 ID = "A24"
	// A25 is the automatic receipt.
	A25 ID = "A25"
	// A26 is the purpose of Trade Assurance.
	A26 ID = "A26"
)

var assuranceRules = []Entry{
	{
		ID:      A1,
		English: "An order goes through its stages in turn: both parties confirm online, the buyer pays, the goods are exported through OneTouch.",
		Chinese: "信保订单依次经过三个阶段：双方在线确认、买家付款、通过一达通出口，不得越过前一阶段。",
		Source:  "信保訂單有三個階段:在線雙方確認一信保支付---一 達通岀口",
	},
	{
		ID:      A2,
		English: "Only the seller of a store that is actually operating can activate the Trade Assurance service.",
		Chinese: "只有实际开展运营的店铺，其卖家才能开通信用保障服务。",
		Source:  "實際開展運營的阿里巴巴國際站店鋪",
	},
	{
		ID:      A3,
		English: "The service is activated from the console or from the service page, in no other way and free of charge.",
		Chinese: "信用保障服务只能从后台首页或服务的运营页面开通，开通免费。",
		Source:  "有兩種途徑,一是登錄My Alibaba后臺首頁一點擊信用保障板塊一點擊免費開通,二是直接登錄信用擔保服務的運營頁面一點擊立即申請",
	},
	{
		ID:      A4,
		English: "A paid member activates the service by either route and need not file anything more.",
		Chinese: "付费会员通过任一途径即可开通信用保障服务，无须另外提交资料。",
		Source:  "如果是阿里巴巴國際站付費會員,通過以上兩步可以開通信保服務",
	},
	{
		ID:      A5,
		English: "A free member must file complete enterprise certification and learns at once whether the service is activated.",
		Chinese: "免费会员必须填写完整的企业认证信息，提交后即时得知开通结果。",
		Source:  "如果是免費會員,則需要填寫企業認證信息,提交完成后實時反饋開通結果",
	},
	{
		ID:      A6,
		English: "Only a seller whose Trade Assurance service is active can draft an order and submit it.",
		Chinese: "只有信用保障服务处于开通状态的卖家才能起草和提交信保订单。",
		Source:  "信保訂單功能開通后,在后臺頁面左側“信用保障服務”選項單擊“起草信用保障訂單”",
	},
	{
		ID:      A7,
		English: "The seller drafts an order online or by attachment, and in attachment mode uploads at least one file before submitting it.",
		Chinese: "卖家可以在线起草或上传附件；以上传附件方式起草的，提交前卖家至少须上传一个附件。",
		Source:  "賣家起草訂單支持在線起草和上傳附件兩種模式",
	},
	{
		ID:      A8,
		English: "The buyer's e-mail address, registered or not, must be entered and matched, and matched again after a change, before the order is submitted.",
		Chinese: "买家邮箱无论是否注册，都必须填写并匹配买家信息，更改后须重新匹配，然后才能提交订单。",
		Source:  "買家郵箱(注冊及非注冊都可以)填完必須點擊“匹配買家信息”按鈕",
	},
	{
		ID:      A9,
		English: "Only the parties upload the offline contract, the buyer once matched and registered, until the initial payment is satisfied and while a dispute or a chargeback is open; 25 files each.",
		Chinese: "线下合同只能由买卖双方上传，买家须已匹配且已注册，首付款到账前可上传，有进行中的纠纷或拒付时也可上传；每方最多25份。",
		Source:  "買家賣家都可直接“上傳線下合同”",
	},
	{
		ID:      A10,
		English: "An offline contract must not contain a receiving account.",
		Chinese: "线下合同中不得写有收款账号。",
		Source:  "線下合同中不要寫收款賬號",
	},
	{
		ID:      A11,
		English: "Submission gives every order exactly one receiving account of its own; no account ever serves a second order.",
		Chinese: "收款账号在订单提交时生成，每个订单有且只有一个，任何账号都不得再用于其他订单。",
		Source:  "信保訂單提交后會生成新的收款賬號,每次訂單的賬號不一樣",
	},
	{
		ID:      A12,
		English: "The total is required and above zero; it equals the initial plus the balance payment, and the sum of the items if there are any, and no more is collected.",
		Chinese: "订单总金额必须填写且大于零，等于预付款与尾款之和；列有商品明细的，还须等于明细合计；收款不得超过总金额。",
		Source:  "需要填寫訂單的總金額,即收款的總金額",
	},
	{
		ID:      A13,
		English: "Coverage needs the tick on the Trade Assurance terms; an order without coverage occupies no quota, gets no compensation and is otherwise like any other.",
		Chinese: "选择保障的订单必须勾选信用保证条款；选择0保障的订单不占用信保额度，也没有先行垫付，其余权益不变。",
		Source:  "如果選擇0保障,無須勾選“信用保證條款''。不占用信保額度、訂單不提供保障,但信保訂單權益不變",
	},
	{
		ID:      A14,
		English: "Pre-shipment coverage occupies quota until shipment; then the quota is released and nothing more can be claimed on it.",
		Chinese: "选择保障到发货前的订单，发货后即释放信保额度，此后不再先行垫付。",
		Source:  `選擇“保障到發貨前",則發貨后釋放信保額度`,
	},
	{
		ID:      A15,
		English: "Post-delivery coverage occupies quota until receipt is confirmed; then the quota is released and the coverage ends.",
		Chinese: "选择保障到收货后的订单，确认收货后才释放信保额度，保障同时结束，此后不再先行垫付。",
		Source:  "選擇“保障到收貨后‘‘,則在買家確認收貨后釋放保障額度,至此信保訂單保障結束",
	},
	{
		ID:      A16,
		English: "The seller submits an order once all mandatory information is complete and the acknowledgement of export through OneTouch is ticked by hand.",
		Chinese: "必填信息全部完整，并由卖家手动勾选知晓信保需要通过一达通出口之后，才能提交订单。",
		Source:  "待信息都確認無誤以后,選擇提交訂單,此時需要手動勾選“知曉信保需要通過一達通出口”",
	},
	{
		ID:      A17,
		English: "An order has a link only after it has been submitted.",
		Chinese: "订单提交成功之后才有订单链接。",
		Source:  "訂單提交成功后,供應商可以復制訂單鏈接并發送給買家",
	},
	{
		ID:      A18,
		English: "Only the buyer account named in the contract confirms, only a submitted order, and only the terms as they stand.",
		Chinese: "只有与合同对应的买家账号才能确认订单，且只能确认已提交订单的当前条款。",
		Source:  "買家登錄(需要與合同對應的買家賬號)后即可直接確認訂單",
	},
	{
		ID:      A19,
		English: "Payment is by e-Checking, credit card or T/T, and by e-Checking only from a bank in the United States.",
		Chinese: "付款方式只有e-Checking、信用卡和T/T三种，其中e-Checking仅对美国银行开放。",
		Source:  "目前,信保訂單的付款方式有三種,e-Checking(僅對美國銀行開放)、信用卡和T/T",
	},
	{
		ID:      A20,
		English: "An order is shipped only after its initial payment has been received; a payment in process is not enough.",
		Chinese: "预付款到账之后才能发货，处理中的付款不算到账。",
		Source:  "信保訂單收款后,按照約定的時間發貨",
	},
	{
		ID:      A21,
		English: "The goods are exported through OneTouch: the seller drafts an entrustment there and links it to the order before shipment.",
		Chinese: "信保订单必须通过一达通报关出口：卖家在一达通起草委托单，并在发货前与订单关联。",
		Source:  "信保訂單需要通過一達通發貨報關出口。通過一達通起草委托單,然后和信保訂單進行關聯即可",
	},
	{
		ID:      A22,
		English: "An order needs at least one linked entrustment to be shipped, and an entrustment is linked to one order at most.",
		Chinese: "一个信保订单至少关联一个委托单才能发货，一个委托单不得关联多个信保订单。",
		Source:  "1個信保訂單必須至少關聯1個委托單,多個信保訂單不能關聯1個委托單",
	},
	{
		ID:      A23,
		English: "Customs must not have released a linked entrustment before the order was drafted.",
		Chinese: "关联的委托单，其通关放行时间不得早于信保订单的起草时间。",
		Source:  "關聯的出口訂單通關放行時間不得早于信保訂單的起草時間",
	},
	{
		ID:      A24,
		English: "The contract's buyer confirms receipt after shipment, once, and only after that may review the order.",
		Chinese: "发货后由合同的买家确认收货，只能确认一次；确认收货之后才可以提交评价。",
		Source:  "收到貨物,買家覺得沒有任何問題,確認收貨,也可以提交評價",
	},
	{
		ID:      A25,
		English: "The system confirms receipt 15 days after shipment by air, 30 by land, 45 by sea, and not before; shipment therefore needs a mode of transport.",
		Chinese: "买家一直未确认收货的，发货满15天（空运）、30天（陆运）或45天（海运）时由系统自动确认，不得提前；因此发货时必须有运输方式。",
		Source:  "如果買家一直未確認,則N天后系統自動確認收貨。N=15天(空運)/30天(陸運)/45天(海運)",
	},
	{
		ID:      A26,
		English: "Trade Assurance vouches for suppliers to buyers worldwide by means of trade data; this is its purpose and has no effect on any command.",
		Chinese: "信用保障服务凭外贸大数据为供应商向全球买家作信用背书；这是服务的宗旨，对任何操作都没有影响。",
		Source:  "能夠通過外貿大數據為中國外貿企業向全球買家做信用背書,幫助供應商向買家提供貿易安全保障",
	},
}
