import Testing

@testable import GatewayServer

struct WorkerMetricsTests {
    @Test func slot_isTheSame_whenFamilyAndLabelsAre() {
        let metrics = WorkerMetrics()
        let slot = metrics.slot(.upstreamErrors, "chat", "timeout")
        #expect(metrics.slot(.upstreamErrors, "chat", "timeout") == slot)
        #expect(metrics.slot(.upstreamErrors, "chat", "refused") != slot)
        #expect(metrics.slot(.upstreamErrors, "timeout", "chat") != slot)
        #expect(metrics.slot(.upstreamConnections, "chat", "timeout") != slot)
    }

    @Test func snapshot_doesNotChange_whenCountingGoesOn() throws {
        let metrics = WorkerMetrics()
        let slot = metrics.slot(.connectionsActive)
        metrics.add(slot, 5)
        metrics.add(slot, -2)
        let snapshot = metrics.snapshot()
        metrics.add(slot, 100)
        metrics.set(metrics.slot(.connections), 9)
        let text = try Exposition(parsing: PrometheusText.render([snapshot]))
        #expect(text["tollgate_connections_active"] == "3")
        #expect(text["tollgate_connections_total"] == nil)
    }

    @Test func workers_areSummed() throws {
        let workers = (1...3).map { number in
            let metrics = WorkerMetrics()
            metrics.add(metrics.slot(.connections), number)
            if number > 1 { metrics.add(metrics.slot(.tokenCache, "hit"), number * 10) }
            metrics.add(metrics.slot(.tokenCache, "miss"), 1)
            metrics.observe(metrics.histogram(.requestDuration, "a"), microseconds: Int64(number) * 1000)
            return metrics.snapshot()
        }
        let text = try Exposition(parsing: PrometheusText.render(workers))
        #expect(text["tollgate_connections_total"] == "6")
        #expect(text[#"tollgate_token_cache_total{result="hit"}"#] == "50")
        #expect(text[#"tollgate_token_cache_total{result="miss"}"#] == "3")
        #expect(text[#"tollgate_request_duration_seconds_count{route="a"}"#] == "3")
        #expect(text[#"tollgate_request_duration_seconds_sum{route="a"}"#] == "0.006")
    }

    @Test(arguments: [
        (Int64(0), "0.0005"), (500, "0.0005"), (501, "0.001"), (1000, "0.001"), (60_000_000, "60"),
        (60_000_001, "+Inf"), (Int64.max, "+Inf"), (-1, "0.0005"),
    ])
    func observation_fallsIntoItsBucket(microseconds: Int64, bucket: String) throws {
        let metrics = WorkerMetrics()
        metrics.observe(metrics.histogram(.requestDuration, "a"), microseconds: microseconds)
        let text = try Exposition(parsing: PrometheusText.render([metrics.snapshot()]))
        let first = text.samples.first { $0.series.contains("_bucket") && $0.value == "1" }
        #expect(first?.series.hasSuffix(#"le="\#(bucket)"}"#) == true)
    }

    @Test func series_areBounded_whenALabelVaries() throws {
        let metrics = WorkerMetrics()
        let kept = metrics.slot(.upstreamErrors, "first", "x")
        for number in 0..<10_000 { metrics.add(metrics.slot(.upstreamErrors, "\(number)", "x")) }
        metrics.add(kept)
        #expect(metrics.slot(.upstreamErrors, "first", "x") == kept)
        let text = try Exposition(parsing: PrometheusText.render([metrics.snapshot()]))
        #expect(text.samples.count == WorkerMetrics.seriesPerFamily + 1)
        #expect(text[#"tollgate_upstream_errors_total{upstream="other",kind="other"}"#] == "5905")
        // Other families have room.
        #expect(
            metrics.slot(.upstreamConnections, "chat", "opened") != metrics.slot(.upstreamConnections, "b", "opened"))
    }
}

struct RouteMetricsTests {
    @Test func requests_areCountedByStatus() throws {
        let text = try self.text { route in
            for status in [200, 200, 404, 599, 100, 0, 99, 600, -1] {
                route.requestFinished(status: status, microseconds: 10)
            }
        }
        #expect(text[#"tollgate_requests_total{route="r",code="200"}"#] == "2")
        #expect(text[#"tollgate_requests_total{route="r",code="404"}"#] == "1")
        #expect(text[#"tollgate_requests_total{route="r",code="599"}"#] == "1")
        #expect(text[#"tollgate_requests_total{route="r",code="other"}"#] == "4")
        #expect(text[#"tollgate_request_duration_seconds_count{route="r"}"#] == "9")
    }

    @Test func refusals_areCountedByReason() throws {
        let text = try self.text { route in
            for _ in 0..<3 { route.refused("token_expired") }
            route.refused("no_route")
        }
        #expect(text[#"tollgate_refusals_total{route="r",reason="token_expired"}"#] == "3")
        #expect(text[#"tollgate_refusals_total{route="r",reason="no_route"}"#] == "1")
    }

    @Test func webSockets_areCountedWhileOpenAndAtTheEnd() throws {
        let text = try self.text { route in
            route.webSocketOpened()
            route.webSocketOpened()
            route.webSocketRelayed(.toClient, messages: 2, bytes: 200)
            route.webSocketRelayed(.toUpstream, messages: 1, bytes: 50)
            route.webSocketClosed(code: 4001, by: .gateway, microseconds: 4_000_000)
        }
        #expect(text[#"tollgate_websocket_active{route="r"}"#] == "1")
        #expect(text[#"tollgate_websocket_opened_total{route="r"}"#] == "2")
        #expect(text[#"tollgate_websocket_messages_total{route="r",direction="to_client"}"#] == "2")
        #expect(text[#"tollgate_websocket_bytes_total{route="r",direction="to_upstream"}"#] == "50")
        #expect(text[#"tollgate_websocket_closed_total{route="r",code="4001",initiator="gateway"}"#] == "1")
        #expect(text[#"tollgate_websocket_duration_seconds_bucket{route="r",le="5"}"#] == "1")
        #expect(text[#"tollgate_websocket_duration_seconds_bucket{route="r",le="1"}"#] == "0")
        // Sockets do not bend the requests' histogram.
        #expect(text[#"tollgate_request_duration_seconds_count{route="r"}"#] == nil)
    }

    @Test func closeCodes_areFewLabels_whenClientsVaryThem() throws {
        let text = try self.text { route in
            for code in UInt16.min...UInt16.max { route.webSocketClosed(code: code, by: .client, microseconds: 0) }
            route.webSocketClosed(code: nil, by: .client, microseconds: 0)
        }
        let closed = text.samples.filter { $0.series.hasPrefix("tollgate_websocket_closed_total") }
        #expect(closed.count == 22)
        #expect(text[#"tollgate_websocket_closed_total{route="r",code="4xxx",initiator="client"}"#] == "998")
        #expect(text[#"tollgate_websocket_closed_total{route="r",code="none",initiator="client"}"#] == "1")
    }

    @Test func closeCodes_areToldApart_whenTheBackendSentThem() throws {
        let text = try self.text { $0.webSocketClosed(code: 4404, by: .upstream, microseconds: 0) }
        #expect(text[#"tollgate_websocket_closed_total{route="r",code="4404",initiator="upstream"}"#] == "1")
    }

    @Test func table_givesTheSameObject_forTheSameLabel() {
        let table = RouteMetricsTable(WorkerMetrics())
        #expect(table.route("a", isWebSocket: true) === table.route("a", isWebSocket: false))
        #expect(table.route("a", isWebSocket: true) !== table.route("b", isWebSocket: true))
    }

    private func text(_ count: (RouteMetrics) -> Void) throws -> Exposition {
        let metrics = WorkerMetrics()
        count(RouteMetrics(metrics, route: "r", isWebSocket: false))
        return try Exposition(parsing: PrometheusText.render([metrics.snapshot()]))
    }
}

struct ProcessMetricsTests {
    @Test func process_isDescribed() throws {
        let metrics = ProcessMetrics(version: "1.2.3")
        metrics.policyTakenIntoUse(generation: 1, at: LogTime(seconds: 100, nanoseconds: 0), isReload: false)
        metrics.policyTakenIntoUse(generation: 2, at: LogTime(seconds: 200, nanoseconds: 0), isReload: true)
        metrics.reloadFailed()
        let sink = try LogSink(to: .file(path: "/dev/null"))
        metrics.watch(sink, name: "access")
        _ = sink.flushAndStop(timeout: .seconds(5))
        sink.write(line: [0x0A])
        let text = try Exposition(parsing: PrometheusText.render([], extra: metrics.samples()))
        #expect(text[#"tollgate_build_info{version="1.2.3"}"#] == "1")
        #expect(text[#"tollgate_reloads_total{result="success"}"#] == "1")
        #expect(text[#"tollgate_reloads_total{result="failure"}"#] == "1")
        #expect(text["tollgate_last_reload_success_timestamp_seconds"] == "200")
        #expect(text["tollgate_policy_generation"] == "2")
        #expect(text[#"tollgate_log_lines_dropped_total{log="access"}"#] == "1")
        let memory = Int(text["process_resident_memory_bytes"] ?? "") ?? 0
        #expect(memory > 1 << 20 && memory < 1 << 40)
        #expect((3..<100_000).contains(Int(text["process_open_fds"] ?? "") ?? 0))
        #expect((Int(text["process_max_fds"] ?? "") ?? 0) > 0)
        let start = Double(text["process_start_time_seconds"] ?? "") ?? 0
        #expect(abs(start - Double(LogTime.now().seconds)) < 86_400)
        #expect((Double(text["process_cpu_seconds_total"] ?? "") ?? 0) > 0)
    }
}
