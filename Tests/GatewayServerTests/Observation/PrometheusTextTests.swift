import Testing

@testable import GatewayServer

/// A strict reader of the text exposition format 0.0.4: what it accepts, a scraper accepts.
struct Exposition {
    struct Malformed: Error {
        var line: String
    }

    struct Sample {
        /// Name and labels as written.
        var series: String
        var name: String
        var labels: [(name: String, value: String)]
        var value: String
    }

    private(set) var types: [String: String] = [:]
    private(set) var samples: [Sample] = []

    subscript(series: String) -> String? { self.samples.first { $0.series == series }?.value }

    init(parsing bytes: [UInt8]) throws {
        let text = try #require(String(validating: bytes, as: UTF8.self))
        var helped: Set<String> = []
        var seen: Set<String> = []
        var family = ""
        if !text.isEmpty, !text.hasSuffix("\n") { throw Malformed(line: "no newline at the end") }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            if line.hasPrefix("# HELP ") {
                guard words.count == 4, helped.insert(words[2]).inserted else { throw Malformed(line: line) }
                family = words[2]
            } else if line.hasPrefix("# TYPE ") {
                // Directly behind its HELP, once, before the samples.
                guard words.count == 4, words[2] == family, self.types[family] == nil else {
                    throw Malformed(line: line)
                }
                guard ["counter", "gauge", "histogram"].contains(words[3]) else { throw Malformed(line: line) }
                self.types[family] = words[3]
            } else {
                let sample = try Self.sample(line)
                guard seen.insert(sample.series).inserted, Self.belongs(sample, to: family, self.types[family]) else {
                    throw Malformed(line: line)
                }
                self.samples.append(sample)
            }
        }
    }

    private static func belongs(_ sample: Sample, to family: String, _ type: String?) -> Bool {
        switch type {
        case "counter": sample.name == family && family.hasSuffix("_total")
        case "gauge": sample.name == family && !family.hasSuffix("_total")
        case "histogram": ["_bucket", "_sum", "_count"].contains { sample.name == family + $0 }
        default: false
        }
    }

    private static func sample(_ line: String) throws -> Sample {
        var rest = Substring(line)
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
        rest = rest.dropFirst(name.count)
        var labels: [(name: String, value: String)] = []
        if rest.first == "{" {
            repeat {
                rest = rest.dropFirst()
                let label = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
                rest = rest.dropFirst(label.count)
                guard !label.isEmpty, rest.hasPrefix("=\"") else { throw Malformed(line: line) }
                rest = rest.dropFirst(2)
                labels.append((String(label), try self.value(&rest, line)))
            } while rest.first == ","
            guard rest.first == "}" else { throw Malformed(line: line) }
            rest = rest.dropFirst()
        }
        let series = String(line.dropLast(rest.count))
        guard !name.isEmpty, rest.first == " " else { throw Malformed(line: line) }
        let value = String(rest.dropFirst())
        guard Double(value) != nil else { throw Malformed(line: line) }
        return Sample(series: series, name: String(name), labels: labels, value: value)
    }

    private static func value(_ rest: inout Substring, _ line: String) throws -> String {
        var value = ""
        while let character = rest.popFirst() {
            if character == "\"" { return value }
            if character != "\\" {
                value.append(character)
                continue
            }
            switch rest.popFirst() {
            case "\\": value.append("\\")
            case "\"": value.append("\"")
            case "n": value.append("\n")
            default: throw Malformed(line: line)
            }
        }
        throw Malformed(line: line)
    }
}

struct PrometheusTextTests {
    @Test func exposition_isExactlyThis() {
        let metrics = WorkerMetrics()
        metrics.add(metrics.slot(.requests, "b", "200"), 2)
        metrics.add(metrics.slot(.requests, "a", "404"))
        metrics.add(metrics.slot(.connectionsActive), 3)
        let samples = [
            MetricSample(.buildInfo, ["0.1"], .integer(1)), MetricSample(.processStart, .microseconds(1_500_000)),
        ]
        let expected = """
            # HELP tollgate_build_info Always 1; the label tells the version.
            # TYPE tollgate_build_info gauge
            tollgate_build_info{version="0.1"} 1
            # HELP tollgate_requests_total Answered HTTP requests, those refused by the gateway included.
            # TYPE tollgate_requests_total counter
            tollgate_requests_total{route="a",code="404"} 1
            tollgate_requests_total{route="b",code="200"} 2
            # HELP tollgate_connections_active Open client connections, WebSockets included.
            # TYPE tollgate_connections_active gauge
            tollgate_connections_active 3
            # HELP process_start_time_seconds When the process started.
            # TYPE process_start_time_seconds gauge
            process_start_time_seconds 1.5

            """
        let text = PrometheusText.render([metrics.snapshot()], extra: samples)
        #expect(String(decoding: text, as: UTF8.self) == expected)
    }

    @Test func labels_comeBackWhole_whenTheyNeedEscapes() throws {
        let labels = [#"ws/(?P<id>\d+)/$"#, "a\"b", "a\nb", "a\\nb", "a}b,c=\"d\"", "caf\u{E9}", ""]
        let metrics = WorkerMetrics()
        for label in labels { metrics.add(metrics.slot(.webSocketsOpened, label)) }
        let text = try Exposition(parsing: PrometheusText.render([metrics.snapshot()]))
        #expect(Set(text.samples.map { $0.labels[0].value }) == Set(labels))
    }

    @Test(arguments: [
        (Int64(0), "0"), (1, "0.000001"), (500, "0.0005"), (1_000_000, "1"), (1_500_000, "1.5"), (-2_500_000, "-2.5"),
        (86_400_000_000, "86400"),
    ])
    func seconds_haveNoSuperfluousZeros(microseconds: Int64, expected: String) {
        #expect(PrometheusText.seconds(microseconds) == expected)
    }

    @Test func histogram_isCumulative() throws {
        var generator = SeededGenerator(seed: 3)
        let metrics = WorkerMetrics()
        let slot = metrics.histogram(.requestDuration, "a")
        let values = (0..<1000).map { _ in Int64.random(in: 0...100_000_000, using: &generator) }
        for value in values { metrics.observe(slot, microseconds: value) }
        let text = try Exposition(parsing: PrometheusText.render([metrics.snapshot()]))
        let buckets = text.samples.filter { $0.name.hasSuffix("_bucket") }
        #expect(buckets.count == HistogramScale.request.bounds.count + 1)
        for bucket in buckets {
            let bound = try #require(Double(bucket.labels.last?.value ?? ""))
            #expect(Int(bucket.value) == values.count { Double($0) / 1_000_000 <= bound })
        }
        #expect(buckets.last?.labels.last?.value == "+Inf")
        #expect(text[#"tollgate_request_duration_seconds_count{route="a"}"#] == "1000")
        #expect(
            text[#"tollgate_request_duration_seconds_sum{route="a"}"#] == PrometheusText.seconds(values.reduce(0, +)))
    }

    @Test(arguments: HistogramScale.allCases)
    func bounds_ascend(scale: HistogramScale) {
        #expect(scale.bounds == scale.bounds.sorted())
        #expect(Set(scale.bounds).count == scale.bounds.count)
    }

    @Test func everyFamily_isValid() throws {
        let metrics = WorkerMetrics()
        var samples: [MetricSample] = []
        for family in MetricFamily.allCases {
            let declaration = family.declaration
            let labels = declaration.labels.map(\.description)
            #expect(Set(labels).count == labels.count)
            #expect(!declaration.help.description.contains("\\") && !declaration.help.description.contains("\n"))
            if case .histogram = declaration.kind {
                metrics.observe(metrics.histogram(family, labels[0]), microseconds: 1)
            } else {
                samples.append(MetricSample(family, labels, .integer(1)))
            }
        }
        let text = try Exposition(parsing: PrometheusText.render([metrics.snapshot()], extra: samples))
        #expect(text.types.count == MetricFamily.allCases.count)
    }
}
