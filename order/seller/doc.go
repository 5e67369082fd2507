// Package seller is the Trade Assurance service of a seller (信保服务): the seller activates it, the
// platform suspends and reinstates it. A seller can draft orders only while the service is active.
//
// # Life
//
// [Activate] is one command with one answer. A paid member asks by one of two routes and has the
// service. A free member files an enterprise certification with the command and learns at once
// whether the service is active or was rejected, and why; after a rejection the member may ask
// again. Once active, the service stays until the platform suspends it for a violation: a seller
// cannot close it. [Life] has the tables behind this, and draws it.
//
// # Purity
//
// Deciding and evolving read no clock, no randomness and no other stream: [Decide] takes the
// instant, the actor and what the platform knows of the store, the [Facts].
//
// See TestRule for the rules one by one, TestMatrix for which role may issue which command and
// when, and TestReplay for the fold.
//
// # Stored format
//
// The streams are service-ACCOUNT, and the events are
//
//	service.activated {"route":"console","membership":"paid"}
//	service.activated {"route":"service-page","membership":"free","certification":{"company_name":"杭州远航贸易有限公司","registration_no":"91330100MA2XXXXX0A","legal_representative":"王芳","registered_address":"杭州市滨江区网商路 699 号"}}
//	service.activation-rejected {"route":"console","certification":{"company_name":"Far \"Sail\" <Trading> & Co.","registration_no":"91330100MA2XXXXX0A","legal_representative":"Wang Fang","registered_address":"699 Wangshang Rd"},"reason":"the registry does not know the number"}
//	service.suspended {"reason":"counterfeit goods"}
//	service.reinstated {}
package seller
