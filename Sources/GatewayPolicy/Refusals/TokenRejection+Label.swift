import GatewayTokens

extension TokenRejection.Reason {
    /// The word for metrics; close neighbours share one, so that a dashboard stays readable.
    var label: StaticString {
        switch self {
        case .tooLarge, .malformed, .badHeader, .badPayload: "malformed"
        case .wrongAlgorithm: "algorithm"
        case .badSignature: "signature"
        case .wrongHeaderType: "type"
        case .keysUnavailable: "keys_unavailable"
        case .noKeyID, .unknownKey: "key"
        case .noIssuedAt, .lifetimeTooLong: "lifetime"
        case .tooOld: "age"
        case .revoked: "revoked"
        case .badTime: "bad_time"
        case .issuedInFuture, .notYetValid: "not_yet_valid"
        case .expired: "expired"
        case .issuer: "issuer"
        case .audience: "audience"
        case .noType, .wrongType: "type"
        case .badSubject, .badID, .noExpiry, .noID: "claims"
        case .noUserID, .badUserID: "user_id"
        }
    }
}
