import GatewayPolicy
import GatewaySettings

extension LimitReport {
    /// What a request that is let through is held to. What is off is left out.
    static func all(_ settings: Settings, _ admission: Admission, isWebSocket: Bool) -> [LimitReport] {
        var limits: [LimitReport] = []
        if let webSocket = admission.route.webSocket, isWebSocket {
            limits += self.socket(webSocket, settings, admission)
        } else {
            if let body = settings.limits.body { limits.append(LimitReport("body", SizeText.render(body))) }
            if settings.upstreams.indices.contains(admission.route.upstream) {
                limits += self.upstream(settings.upstreams[admission.route.upstream])
            }
        }
        let address = settings.limits.address
        limits.add("address.requests_per_second", address.requestsPerSecond)
        limits.add("address.connections_per_second", address.connectionsPerSecond)
        if admission.route.auth != .none { limits.add("failures.rate", settings.tokens.failures.rate) }
        return limits
    }

    private static func upstream(_ upstream: UpstreamSettings) -> [LimitReport] {
        var limits = [
            LimitReport("connect_timeout", DurationText.render(upstream.connectTimeout)),
            LimitReport("response_timeout", DurationText.render(upstream.responseTimeout)),
        ]
        limits.add("idle_timeout", upstream.idleTimeout)
        limits.add("max_in_flight", upstream.maxInFlight)
        return limits
    }

    private static func socket(
        _ webSocket: WebSocketSettings,
        _ settings: Settings,
        _ admission: Admission
    ) -> [LimitReport] {
        var limits = [
            LimitReport("max_message", SizeText.render(webSocket.maxMessage)),
            LimitReport("max_frame", SizeText.render(webSocket.maxFrame)),
        ]
        if admission.identity != nil { limits.append(LimitReport("token", "closed with 4001 when the token ends")) }
        limits.add("ping", webSocket.ping)
        limits.add("idle", webSocket.idle)
        limits.add("max_age", webSocket.maxAge)
        limits.add("messages_per_second", webSocket.limits.messagesPerSecond)
        if let rate = webSocket.limits.bytesPerSecond {
            let burst = SizeText.render(rate.burst)
            limits.append(LimitReport("bytes_per_second", "\(SizeText.render(rate.perSecond)), \(burst) at once"))
        }
        limits.add("per_user", webSocket.limits.perUser)
        limits.add("per_address", webSocket.limits.perAddress)
        limits.add("per_route", webSocket.limits.perRoute)
        limits.add("web_sockets", settings.limits.webSockets)
        return limits
    }
}

extension [LimitReport] {
    fileprivate mutating func add(_ name: String, _ duration: Duration?) {
        if let duration { self.append(LimitReport(name, DurationText.render(duration))) }
    }

    fileprivate mutating func add(_ name: String, _ count: Int?) {
        if let count { self.append(LimitReport(name, "\(count)")) }
    }

    fileprivate mutating func add(_ name: String, _ rate: RateSettings?) {
        if let rate { self.append(LimitReport(name, "\(rate.perSecond), \(rate.burst) at once")) }
    }
}
