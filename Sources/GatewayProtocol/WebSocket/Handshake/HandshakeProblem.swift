/// Why a WebSocket handshake's request is malformed (RFC 6455 section 4.2.1).
enum HandshakeProblem: Error, Sendable, Equatable, CaseIterable {
    case notGet
    case notHTTP11
    case hasBody
    case missingKey
    case repeatedKey
    case badKey
    case nominatedField
    case badProtocol
    case repeatedProtocol
    case tooManyProtocols
    case badExtension

    var label: StaticString {
        switch self {
        case .notGet: "handshake method is not GET"
        case .notHTTP11: "handshake is not HTTP/1.1"
        case .hasBody: "handshake has a body"
        case .missingKey: "Sec-WebSocket-Key is missing"
        case .repeatedKey: "more than one Sec-WebSocket-Key"
        case .badKey: "Sec-WebSocket-Key is not base64 of 16 bytes"
        case .nominatedField: "Connection nominates a handshake field"
        case .badProtocol: "malformed Sec-WebSocket-Protocol"
        case .repeatedProtocol: "a sub-protocol is offered twice"
        case .tooManyProtocols: "too many sub-protocols"
        case .badExtension: "malformed Sec-WebSocket-Extensions"
        }
    }
}

/// Why an upstream's 101 is not an answer to the handshake (RFC 6455 section 4.1).
enum HandshakeAnswerProblem: Error, Sendable, Equatable, CaseIterable {
    case notHTTP11
    case missingConnectionUpgrade
    case missingUpgrade
    case wrongUpgrade
    case missingAccept
    case repeatedAccept
    case wrongAccept
    case repeatedProtocol
    case protocolNotOffered
    case badExtension
    case extensionNotOffered
    case nominatedField

    var label: StaticString {
        switch self {
        case .notHTTP11: "101 is not HTTP/1.1"
        case .missingConnectionUpgrade: "101 without Connection: upgrade"
        case .missingUpgrade: "101 without Upgrade"
        case .wrongUpgrade: "101 upgrades to something else"
        case .missingAccept: "101 without Sec-WebSocket-Accept"
        case .repeatedAccept: "101 with more than one Sec-WebSocket-Accept"
        case .wrongAccept: "101 with a wrong Sec-WebSocket-Accept"
        case .repeatedProtocol: "101 with more than one sub-protocol"
        case .protocolNotOffered: "101 with a sub-protocol that was not offered"
        case .badExtension: "101 with malformed Sec-WebSocket-Extensions"
        case .extensionNotOffered: "101 with an extension that was not offered"
        case .nominatedField: "Connection nominates a handshake field"
        }
    }
}
