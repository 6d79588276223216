/// `expiry_notice`: a text message to the client, some time before its token ends.
package struct ExpiryNoticeSettings: Sendable, Equatable {
    package var before: Duration
    package var message: [ExpiryNoticePiece] = [
        .text(#"{"type":"token.expiring","expires_in":"#), .seconds, .text(#","session":""#), .session, .text(#""}"#),
    ]

    package init(before: Duration) { self.before = before }
}

/// Texts are not empty and no two of them are neighbours.
package enum ExpiryNoticePiece: Sendable, Equatable {
    case text(String)
    /// `{seconds}`: whole seconds until the token ends, in decimal digits.
    case seconds
    /// `{session}`: the socket's id, by which it can be renewed.
    case session
}

/// `renewal`: how an open socket may be given a new token. Off is neither way.
package struct WebSocketRenewalSettings: Sendable, Equatable {
    /// By a request that names the socket's session.
    package var http = false
    /// By a message of the client; nil is off. Only on routes without compression.
    package var inBand: InBandRenewalSettings?

    package init() {}

    package var isOn: Bool { self.http || self.inBand != nil }
}

/// The message that brings a new token: a flat JSON object.
package struct InBandRenewalSettings: Sendable, Equatable {
    /// String members that tell it from the application's messages; at least one, printable ASCII without `"` and `\`.
    package var match: [JSONMemberSettings]
    /// The name of the member that holds the token; not among those of `match`.
    package var token: String

    package init(match: [JSONMemberSettings], token: String) {
        self.match = match
        self.token = token
    }
}

/// A string member of a JSON object.
package struct JSONMemberSettings: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
