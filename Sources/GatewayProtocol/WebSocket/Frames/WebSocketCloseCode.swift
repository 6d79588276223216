/// The rules for WebSocket close codes (RFC 6455 section 7.4 and the IANA registry that grew from it).
package enum WebSocketCloseCode {
    package static let normal: UInt16 = 1000
    package static let goingAway: UInt16 = 1001
    package static let protocolError: UInt16 = 1002
    package static let invalidPayload: UInt16 = 1007
    package static let policyViolation: UInt16 = 1008
    package static let messageTooBig: UInt16 = 1009
    package static let internalError: UInt16 = 1011
    package static let serviceRestart: UInt16 = 1012
    package static let tryAgainLater: UInt16 = 1013
    package static let badGateway: UInt16 = 1014
    /// Ours: the token is missing, refused or expired; a client should fetch another and come back.
    package static let notAuthenticated: UInt16 = 4001
    /// Ours: the token is good and not enough.
    package static let forbidden: UInt16 = 4003
    /// Ours: as many sockets as may be are open already.
    package static let tooManySockets: UInt16 = 4008

    /// For summaries only, never on the wire: a Close frame without a code.
    package static let noCode: UInt16 = 1005
    /// For summaries only, never on the wire: the connection ended without a Close frame.
    package static let noClose: UInt16 = 1006

    /// Whether `code` may stand in a Close frame. 1004 is reserved, 1005, 1006 and 1015 are names for things that were
    /// not received, 1016–2999 are for later versions of the protocol, and above 4999 nothing is defined.
    package static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// The code for the backend when the gateway ends a session with `code`. Application codes say why (4001 "token
    /// expired"); the protocol's own codes tell the client about its server, and to the backend its client just leaves.
    package static func towardsUpstream(_ code: UInt16) -> UInt16 {
        3000...4999 ~= code ? code : self.goingAway
    }
}
