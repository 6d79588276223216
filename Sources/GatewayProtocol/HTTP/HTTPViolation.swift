/// What a peer got wrong in HTTP/1. One case per rule, so that a log line or a metric names the rule.
///
/// For a client's request `status` is the answer. For an upstream's response only `label` counts: the client gets a 502.
package enum HTTPViolation: Error, Sendable, Equatable, CaseIterable {
    // Request line
    case badMethod
    case badRequestLine
    case badTarget
    case fragmentInTarget
    case backslashInPath
    case targetNotOriginForm
    case authorityDiffersFromHost
    case badVersion
    case versionNotSupported
    case methodNotAllowed
    case requestLineTooLong
    // Status line
    case badStatusLine
    // Header section
    case bareLineFeed
    case bareCarriageReturn
    case obsoleteLineFolding
    case emptyFieldName
    case whitespaceBeforeColon
    case badFieldName
    case badFieldValue
    case headerLineTooLong
    case headTooLarge
    case tooManyFields
    // Host
    case missingHost
    case duplicateHost
    case badHost
    // Framing
    case badContentLength
    case duplicateContentLength
    case badTransferEncoding
    case unknownTransferCoding
    case transferEncodingInHTTP10
    case lengthAndTransferEncoding
    case interimWithBody
    // Options
    case badConnectionOption
    case tooManyConnectionOptions
    case unknownExpectation
    case upgradeWithBody
    // Bodies
    case badChunkSize
    case badChunkExtension
    case chunkExtensionTooLarge
    case tooMuchChunkFraming
    case badChunkEnd
    case badTrailer
    case trailersTooLarge

    /// The status a client is answered with.
    package var status: Int {
        switch self {
        case .methodNotAllowed: 405
        case .requestLineTooLong: 414
        case .unknownExpectation: 417
        case .headerLineTooLong, .headTooLarge, .tooManyFields, .tooManyConnectionOptions: 431
        case .unknownTransferCoding: 501
        case .versionNotSupported: 505
        default: 400
        }
    }

    /// A stable word for logs and metrics.
    package var label: StaticString {
        switch self {
        case .badMethod: "bad_method"
        case .badRequestLine: "bad_request_line"
        case .badTarget: "bad_target"
        case .fragmentInTarget: "fragment_in_target"
        case .backslashInPath: "backslash_in_path"
        case .targetNotOriginForm: "target_not_origin_form"
        case .authorityDiffersFromHost: "authority_differs_from_host"
        case .badVersion: "bad_version"
        case .versionNotSupported: "version_not_supported"
        case .methodNotAllowed: "method_not_allowed"
        case .requestLineTooLong: "request_line_too_long"
        case .badStatusLine: "bad_status_line"
        case .bareLineFeed: "bare_line_feed"
        case .bareCarriageReturn: "bare_carriage_return"
        case .obsoleteLineFolding: "obsolete_line_folding"
        case .emptyFieldName: "empty_field_name"
        case .whitespaceBeforeColon: "whitespace_before_colon"
        case .badFieldName: "bad_field_name"
        case .badFieldValue: "bad_field_value"
        case .headerLineTooLong: "header_line_too_long"
        case .headTooLarge: "head_too_large"
        case .tooManyFields: "too_many_fields"
        case .missingHost: "missing_host"
        case .duplicateHost: "duplicate_host"
        case .badHost: "bad_host"
        case .badContentLength: "bad_content_length"
        case .duplicateContentLength: "duplicate_content_length"
        case .badTransferEncoding: "bad_transfer_encoding"
        case .unknownTransferCoding: "unknown_transfer_coding"
        case .transferEncodingInHTTP10: "transfer_encoding_in_http10"
        case .lengthAndTransferEncoding: "length_and_transfer_encoding"
        case .interimWithBody: "interim_with_body"
        case .badConnectionOption: "bad_connection_option"
        case .tooManyConnectionOptions: "too_many_connection_options"
        case .unknownExpectation: "unknown_expectation"
        case .upgradeWithBody: "upgrade_with_body"
        case .badChunkSize: "bad_chunk_size"
        case .badChunkExtension: "bad_chunk_extension"
        case .chunkExtensionTooLarge: "chunk_extension_too_large"
        case .tooMuchChunkFraming: "too_much_chunk_framing"
        case .badChunkEnd: "bad_chunk_end"
        case .badTrailer: "bad_trailer"
        case .trailersTooLarge: "trailers_too_large"
        }
    }
}

/// How far a head parser got with the bytes it was shown.
package enum HeadProgress: Sendable, Equatable {
    case needsMore
    case complete
}
