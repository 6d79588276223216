/// Every metric there is, in the order in which `/metrics` shows them.
package enum MetricFamily: Int, Sendable, CaseIterable {
    case buildInfo
    case requests
    case requestDuration
    case refusals
    case connectionsActive
    case connections
    case webSocketsActive
    case webSocketsOpened
    case webSocketsClosed
    case webSocketMessages
    case webSocketBytes
    case webSocketDuration
    case webSocketRoundTrip
    case webSocketRenewals
    case upstreamConnections
    case upstreamErrors
    case tokenVerifications
    case tokenCache
    case jwksKeys
    case jwksAge
    case jwksFetches
    case revocationEntries
    case revocationAge
    case revocationStale
    case revocationReads
    case revokedSockets
    case reloads
    case lastReloadSuccess
    case policyGeneration
    case logLinesDropped
    case processCPU
    case processResidentMemory
    case processOpenDescriptors
    case processMaxDescriptors
    case processStart
}

/// How a family's values behave.
package enum MetricKind: Sendable, Equatable {
    case counter
    case gauge
    case histogram(HistogramScale)

    var name: StaticString {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}

/// The fixed bounds of a histogram's buckets.
package enum HistogramScale: Sendable, Equatable, CaseIterable {
    /// From half a millisecond to a minute: a request.
    case request
    /// From a second to a day: a WebSocket's life, kept apart so that sockets do not bend the requests' histogram.
    case session

    /// Upper bounds in microseconds, ascending; the bucket for the rest comes on top.
    var bounds: [Int64] {
        switch self {
        case .request:
            [
                500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
                1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000,
            ]
        case .session:
            [1, 5, 15, 60, 300, 900, 1_800, 3_600, 14_400, 43_200, 86_400].map { $0 * 1_000_000 }
        }
    }
}

/// What the exposition says about a family.
struct MetricDeclaration {
    var name: StaticString
    var kind: MetricKind
    var labels: [StaticString]
    var help: StaticString

    init(_ name: StaticString, _ kind: MetricKind, _ labels: [StaticString] = [], help: StaticString) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }
}

extension MetricFamily {
    var declaration: MetricDeclaration {
        switch self {
        case .buildInfo:
            .init("tollgate_build_info", .gauge, ["version"], help: "Always 1; the label tells the version.")
        case .requests:
            .init(
                "tollgate_requests_total", .counter, ["route", "code"],
                help: "Answered HTTP requests, those refused by the gateway included.")
        case .requestDuration:
            .init(
                "tollgate_request_duration_seconds", .histogram(.request), ["route"],
                help: "Time from a request's whole head to the end of its answer, WebSockets excluded.")
        case .refusals:
            .init(
                "tollgate_refusals_total", .counter, ["route", "reason"],
                help: "Requests and handshakes that the gateway refused.")
        case .connectionsActive:
            .init("tollgate_connections_active", .gauge, help: "Open client connections, WebSockets included.")
        case .connections:
            .init("tollgate_connections_total", .counter, help: "Client connections accepted.")
        case .webSocketsActive:
            .init("tollgate_websocket_active", .gauge, ["route"], help: "Open WebSockets.")
        case .webSocketsOpened:
            .init("tollgate_websocket_opened_total", .counter, ["route"], help: "WebSockets opened.")
        case .webSocketsClosed:
            .init(
                "tollgate_websocket_closed_total", .counter, ["route", "code", "initiator"],
                help: "WebSockets ended, by the close code on the client's side and by who ended them.")
        case .webSocketMessages:
            .init(
                "tollgate_websocket_messages_total", .counter, ["route", "direction"],
                help: "WebSocket messages relayed.")
        case .webSocketBytes:
            .init(
                "tollgate_websocket_bytes_total", .counter, ["route", "direction"],
                help: "Bytes of WebSocket frames relayed.")
        case .webSocketDuration:
            .init(
                "tollgate_websocket_duration_seconds", .histogram(.session), ["route"],
                help: "How long ended WebSockets had been open.")
        case .webSocketRoundTrip:
            .init(
                "tollgate_websocket_ping_duration_seconds", .histogram(.request), ["side"],
                help: "How long peers took to answer the gateway's pings.")
        case .webSocketRenewals:
            .init(
                "tollgate_websocket_renewals_total", .counter, ["route", "outcome"],
                help: "Tokens that clients brought for open WebSockets.")
        case .upstreamConnections:
            .init(
                "tollgate_upstream_connections_total", .counter, ["upstream", "outcome"],
                help: "Attempts to get a connection to an upstream: opened, reused or failed.")
        case .upstreamErrors:
            .init(
                "tollgate_upstream_errors_total", .counter, ["upstream", "kind"],
                help: "Exchanges that an upstream did not complete.")
        case .tokenVerifications:
            .init(
                "tollgate_token_verifications_total", .counter, ["outcome"],
                help: "Tokens whose signature and claims were checked, cache hits excluded.")
        case .tokenCache:
            .init("tollgate_token_cache_total", .counter, ["result"], help: "Look-ups of verified tokens.")
        case .jwksKeys:
            .init(
                "tollgate_jwks_keys", .gauge, ["issuer"],
                help: "Fetched keys that are in use; 0 while tokens of the issuer get 503.")
        case .jwksAge:
            .init("tollgate_jwks_age_seconds", .gauge, ["issuer"], help: "Time since the keys were last fetched.")
        case .jwksFetches:
            .init("tollgate_jwks_fetches_total", .counter, ["issuer", "outcome"], help: "Fetches of keys.")
        case .revocationEntries:
            .init("tollgate_revocation_entries", .gauge, help: "Tokens and users that are revoked.")
        case .revocationAge:
            .init(
                "tollgate_revocation_age_seconds", .gauge, ["source"],
                help: "Time since the revocations were last found to be good.")
        case .revocationStale:
            .init(
                "tollgate_revocation_stale", .gauge, ["source"],
                help: "1 while the revocations are older than they may become, or not there yet.")
        case .revocationReads:
            .init(
                "tollgate_revocation_reads_total", .counter, ["source", "outcome"],
                help: "Fetches of the feed; for the file, new lists and failures.")
        case .revokedSockets:
            .init(
                "tollgate_revocation_websockets_closed_total", .counter,
                help: "Open WebSockets ended because their token was revoked.")
        case .reloads:
            .init("tollgate_reloads_total", .counter, ["result"], help: "Reloads of the settings since the start.")
        case .lastReloadSuccess:
            .init(
                "tollgate_last_reload_success_timestamp_seconds", .gauge,
                help: "When settings were last taken into use, the start included.")
        case .policyGeneration:
            .init("tollgate_policy_generation", .gauge, help: "The number of the policy in use; the first is 1.")
        case .logLinesDropped:
            .init(
                "tollgate_log_lines_dropped_total", .counter, ["log"],
                help: "Log lines lost because their destination did not take them.")
        case .processCPU:
            .init("process_cpu_seconds_total", .counter, help: "User and system time spent.")
        case .processResidentMemory:
            .init("process_resident_memory_bytes", .gauge, help: "Resident memory.")
        case .processOpenDescriptors:
            .init("process_open_fds", .gauge, help: "Open file descriptors.")
        case .processMaxDescriptors:
            .init("process_max_fds", .gauge, help: "The limit of open file descriptors.")
        case .processStart:
            .init("process_start_time_seconds", .gauge, help: "When the process started.")
        }
    }
}
