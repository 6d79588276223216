/// Renders counters as Prometheus' text exposition format 0.0.4.
package enum PrometheusText {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private struct Key: Hashable {
        var family: MetricFamily
        var labels: [String]
    }

    /// Sums the workers' series and adds `extra`; families without any series are left out.
    package static func render(_ snapshots: [MetricsSnapshot], extra: [MetricSample] = []) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(16 << 10)
        let sums = Self.sums(snapshots)
        var byFamily: [MetricFamily: [(labels: [String], values: [Int64])]] = [:]
        for (key, values) in sums { byFamily[key.family, default: []].append((key.labels, values)) }
        for family in MetricFamily.allCases {
            let declaration = family.declaration
            let series = (byFamily[family] ?? []).sorted { $0.labels.lexicographicallyPrecedes($1.labels) }
            let samples = extra.filter { $0.family == family }
            if series.isEmpty && samples.isEmpty { continue }
            Self.appendHeader(declaration, to: &out)
            for (labels, values) in series {
                Self.append(declaration, labels, values, to: &out)
            }
            for sample in samples {
                Self.appendName(declaration.name, "", declaration.labels, sample.labels, to: &out)
                Self.append(sample.value, to: &out)
            }
        }
        return out
    }

    private static func sums(_ snapshots: [MetricsSnapshot]) -> [Key: [Int64]] {
        var sums: [Key: [Int64]] = [:]
        for snapshot in snapshots {
            for series in snapshot.series {
                let count = Self.valueCount(series.family.declaration.kind)
                sums[Key(family: series.family, labels: series.labels), default: Array(repeating: 0, count: count)]
                    .add(snapshot.values[series.index..<series.index + count])
            }
        }
        return sums
    }

    private static func valueCount(_ kind: MetricKind) -> Int {
        switch kind {
        case .counter, .gauge: 1
        case .histogram(let scale): scale.bounds.count + 2
        }
    }

    private static func appendHeader(_ declaration: MetricDeclaration, to out: inout [UInt8]) {
        LogText.append("# HELP ", to: &out)
        LogText.append(declaration.name, to: &out)
        out.append(0x20)
        LogText.append(declaration.help, to: &out)
        LogText.append("\n# TYPE ", to: &out)
        LogText.append(declaration.name, to: &out)
        out.append(0x20)
        LogText.append(declaration.kind.name, to: &out)
        out.append(0x0A)
    }

    private static func append(
        _ declaration: MetricDeclaration, _ labels: [String], _ values: [Int64], to out: inout [UInt8]
    ) {
        guard case .histogram(let scale) = declaration.kind else {
            Self.appendName(declaration.name, "", declaration.labels, labels, to: &out)
            return Self.append(.integer(values[0]), to: &out)
        }
        let bounds = scale.bounds
        let names = declaration.labels + ["le"]
        var count: Int64 = 0
        for (index, bound) in bounds.enumerated() {
            count &+= values[index]
            Self.appendName(declaration.name, "_bucket", names, labels + [Self.seconds(bound)], to: &out)
            Self.append(.integer(count), to: &out)
        }
        count &+= values[bounds.count]
        Self.appendName(declaration.name, "_bucket", names, labels + ["+Inf"], to: &out)
        Self.append(.integer(count), to: &out)
        Self.appendName(declaration.name, "_sum", declaration.labels, labels, to: &out)
        Self.append(.microseconds(values[bounds.count + 1]), to: &out)
        Self.appendName(declaration.name, "_count", declaration.labels, labels, to: &out)
        Self.append(.integer(count), to: &out)
    }

    private static func appendName(
        _ name: StaticString, _ suffix: StaticString, _ names: [StaticString], _ labels: [String],
        to out: inout [UInt8]
    ) {
        LogText.append(name, to: &out)
        LogText.append(suffix, to: &out)
        for (index, (name, value)) in zip(names, labels).enumerated() {
            out.append(index == 0 ? 0x7B : 0x2C)
            LogText.append(name, to: &out)
            LogText.append("=\"", to: &out)
            Self.appendEscaped(value, to: &out)
            out.append(0x22)
        }
        if !names.isEmpty { out.append(0x7D) }
        out.append(0x20)
    }

    /// Label values know three escapes only.
    private static func appendEscaped(_ value: String, to out: inout [UInt8]) {
        for byte in value.utf8 {
            switch byte {
            case 0x5C: LogText.append("\\\\", to: &out)
            case 0x22: LogText.append("\\\"", to: &out)
            case 0x0A: LogText.append("\\n", to: &out)
            default: out.append(byte)
            }
        }
    }

    private static func append(_ value: MetricValue, to out: inout [UInt8]) {
        switch value {
        case .integer(let value): LogText.append(value, to: &out)
        case .microseconds(let value): out.append(contentsOf: Self.seconds(value).utf8)
        }
        out.append(0x0A)
    }

    /// `0.0025`: seconds without superfluous zeros.
    static func seconds(_ microseconds: Int64) -> String {
        let (whole, rest) = microseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
        var digits: [UInt8] = []
        if microseconds < 0 { digits.append(0x2D) }
        LogText.append(whole, minimumDigits: 1, to: &digits)
        if rest > 0 {
            digits.append(0x2E)
            LogText.append(rest, minimumDigits: 6, to: &digits)
            while digits.last == 0x30 { digits.removeLast() }
        }
        return String(decoding: digits, as: UTF8.self)
    }
}

extension [Int64] {
    /// Adds as many values, element by element.
    fileprivate mutating func add(_ values: ArraySlice<Int64>) {
        for (index, value) in values.enumerated() where index < self.count { self[index] &+= value }
    }
}
