/// Why a token is refused: the reason for logs and metrics, and the answer that simplejwt would give.
package struct TokenRejection: Error, Sendable, Hashable {
    package let reason: Reason

    package init(_ reason: Reason) { self.reason = reason }

    /// In the order of the checks.
    package enum Reason: String, Sendable, CaseIterable {
        case tooLarge = "too_large"
        case malformed
        case badHeader = "bad_header"
        case wrongAlgorithm = "wrong_algorithm"
        /// `typ` is not what it must be, or is missing.
        case wrongHeaderType = "wrong_header_type"
        /// Not the token's fault: there are no keys yet, which is a 503 and never a 401.
        case keysUnavailable = "keys_unavailable"
        /// The key must be named and is not.
        case noKeyID = "no_key_id"
        /// The key that the token names is not there, perhaps not yet.
        case unknownKey = "unknown_key"
        case badSignature = "bad_signature"
        case badPayload = "bad_payload"
        /// `iat`, `nbf` or `exp` is not a time.
        case badTime = "bad_time"
        case issuedInFuture = "issued_in_future"
        case notYetValid = "not_yet_valid"
        case expired
        case issuer
        case audience
        case badSubject = "bad_subject"
        case badID = "bad_id"
        case noExpiry = "no_expiry"
        case noID = "no_id"
        case noType = "no_type"
        case wrongType = "wrong_type"
        case noUserID = "no_user_id"
        case badUserID = "bad_user_id"
        /// The age or the lifetime is bounded, and there is no `iat`.
        case noIssuedAt = "no_issued_at"
        case lifetimeTooLong = "lifetime_too_long"
        case tooOld = "too_old"
        /// Not found here: see `RevocationList`.
        case revoked
    }

    /// The body of the 401.
    ///
    /// With several token classes simplejwt lists one message for each, but all classes decode the same token with the
    /// same settings, and the type is checked last: so every entry of `messages` has this one message, together with
    /// the name and `typeName` of its class.
    package enum Answer: Sendable, Hashable {
        case tokenNotValid(Message)
        case noUserIdentification
    }

    /// simplejwt's texts.
    package enum Message: String, Sendable, CaseIterable {
        case invalid = "Token is invalid"
        case expired = "Token is expired"
        case noExpiry = "Token has no 'exp' claim"
        case noID = "Token has no id"
        case noType = "Token has no type"
        case wrongType = "Token has wrong type"
        case revoked = "Token is blacklisted"

        package var text: StaticString {
            switch self {
            case .invalid: "Token is invalid"
            case .expired: "Token is expired"
            case .noExpiry: "Token has no 'exp' claim"
            case .noID: "Token has no id"
            case .noType: "Token has no type"
            case .wrongType: "Token has wrong type"
            case .revoked: "Token is blacklisted"
            }
        }
    }

    package var answer: Answer {
        switch self.reason {
        case .expired: .tokenNotValid(.expired)
        case .noExpiry: .tokenNotValid(.noExpiry)
        case .noID: .tokenNotValid(.noID)
        case .noType: .tokenNotValid(.noType)
        case .wrongType: .tokenNotValid(.wrongType)
        case .revoked: .tokenNotValid(.revoked)
        // A user id we cannot take is "user not found" or a 500 in the backend, depending on its type.
        case .noUserID, .badUserID: .noUserIdentification
        case .tooLarge, .malformed, .badHeader, .wrongAlgorithm, .wrongHeaderType, .keysUnavailable, .noKeyID,
            .unknownKey, .badSignature, .badPayload, .badTime, .issuedInFuture, .notYetValid, .issuer, .audience,
            .badSubject, .badID, .noIssuedAt, .lifetimeTooLong, .tooOld:
            .tokenNotValid(.invalid)
        }
    }
}

extension TokenRejection.Reason {
    /// A sentence for the log; it never quotes the token.
    package var detail: StaticString {
        switch self {
        case .tooLarge: "the token is longer than 8 KiB"
        case .malformed: "not three segments of base64url"
        case .badHeader: "the token's header is not acceptable"
        case .wrongAlgorithm: "the token names another algorithm"
        case .wrongHeaderType: "typ is not what is wanted"
        case .keysUnavailable: "the keys are not there yet"
        case .noKeyID: "the token does not name its key"
        case .unknownKey: "there is no key of the name that the token gives"
        case .badSignature: "no key accepts the signature"
        case .badPayload: "the payload is not a JSON object"
        case .badTime: "iat, nbf or exp is not a time"
        case .issuedInFuture: "iat is in the future"
        case .notYetValid: "nbf is in the future"
        case .expired: "exp has passed"
        case .issuer: "iss is not the configured issuer"
        case .audience: "aud does not name the configured audience"
        case .badSubject: "sub is not a string"
        case .badID: "jti is not a usable string"
        case .noExpiry: "there is no exp"
        case .noID: "the claim JTI_CLAIM names is missing"
        case .noType: "the claim TOKEN_TYPE_CLAIM names is missing"
        case .wrongType: "the token is of another type"
        case .noUserID: "the claim USER_ID_CLAIM names is missing"
        case .badUserID: "the claim USER_ID_CLAIM names is not a usable user id"
        case .noIssuedAt: "there is no iat, which a bounded age or lifetime needs"
        case .lifetimeTooLong: "between iat and exp lies more than max_lifetime"
        case .tooOld: "iat is longer ago than max_age"
        case .revoked: "the token or its user was revoked"
        }
    }
}
