/// Where a counter or gauge of one worker is kept.
package struct MetricSlot: Sendable, Hashable {
    fileprivate let index: Int
}

/// Where a histogram of one worker is kept.
package struct HistogramSlot: Sendable, Hashable {
    fileprivate let index: Int
    fileprivate let scale: HistogramScale
}

/// One time series of a worker and where its values begin.
struct MetricSeries: Sendable, Hashable {
    var family: MetricFamily
    var labels: [String]
    var index: Int
}

/// One worker's counters, gauges and histograms. Confined to the worker's loop, so counting is plain addition.
///
/// Slots are found or made once, when a policy is taken into use or a label is first seen, and kept by the code that
/// counts.
package final class WorkerMetrics {
    /// A label that a peer could vary must not grow memory: beyond this many series per family the rest is one.
    static let seriesPerFamily = 4096
    static let overflowLabel = "other"

    private struct Key: Hashable {
        var family: MetricFamily
        var labels: [String]
    }

    private var values: [Int64] = []
    private var series: [MetricSeries] = []
    private var known: [Key: Int] = [:]
    private var seriesCount = [Int](repeating: 0, count: MetricFamily.allCases.count)
    private let requestBounds = HistogramScale.request.bounds
    private let sessionBounds = HistogramScale.session.bounds

    package init() {}

    /// The slot of a counter or gauge; `labels` in the order of the family's declaration.
    package func slot(_ family: MetricFamily, _ labels: String...) -> MetricSlot {
        if case .histogram = family.declaration.kind { preconditionFailure("\(family) is a histogram") }
        return MetricSlot(index: self.index(family, labels, values: 1))
    }

    package func histogram(_ family: MetricFamily, _ labels: String...) -> HistogramSlot {
        guard case .histogram(let scale) = family.declaration.kind else {
            preconditionFailure("\(family) is not a histogram")
        }
        // The buckets, the bucket for the rest, the sum.
        return HistogramSlot(index: self.index(family, labels, values: scale.bounds.count + 2), scale: scale)
    }

    package func add(_ slot: MetricSlot, _ amount: Int = 1) {
        self.values[slot.index] &+= Int64(amount)
    }

    package func set(_ slot: MetricSlot, _ value: Int) {
        self.values[slot.index] = Int64(value)
    }

    package func observe(_ slot: HistogramSlot, microseconds: Int64) {
        switch slot.scale {
        case .request: self.observe(slot.index, self.requestBounds, microseconds)
        case .session: self.observe(slot.index, self.sessionBounds, microseconds)
        }
    }

    /// An immutable copy, to be sent to the thread that renders.
    package func snapshot() -> MetricsSnapshot {
        MetricsSnapshot(series: self.series, values: self.values)
    }

    private func observe(_ index: Int, _ bounds: [Int64], _ microseconds: Int64) {
        var bucket = 0
        while bucket < bounds.count, bounds[bucket] < microseconds { bucket += 1 }
        self.values[index + bucket] &+= 1
        self.values[index + bounds.count + 1] &+= Swift.max(microseconds, 0)
    }

    private func index(_ family: MetricFamily, _ labels: [String], values count: Int) -> Int {
        precondition(labels.count == family.declaration.labels.count, "wrong number of labels for \(family)")
        if let index = self.known[Key(family: family, labels: labels)] { return index }
        let isFull = self.seriesCount[family.rawValue] >= Self.seriesPerFamily
        let labels = isFull ? labels.map { _ in Self.overflowLabel } : labels
        if isFull, let index = self.known[Key(family: family, labels: labels)] { return index }
        let index = self.values.count
        self.values.append(contentsOf: repeatElement(0, count: count))
        self.series.append(MetricSeries(family: family, labels: labels, index: index))
        self.known[Key(family: family, labels: labels)] = index
        self.seriesCount[family.rawValue] += 1
        return index
    }
}

/// What one worker had counted at one moment.
package struct MetricsSnapshot: Sendable {
    var series: [MetricSeries]
    var values: [Int64]
}

/// A value that no worker counts, for example one of the process.
package struct MetricSample: Sendable {
    package var family: MetricFamily
    package var labels: [String]
    package var value: MetricValue

    package init(_ family: MetricFamily, _ labels: [String], _ value: MetricValue) {
        self.family = family
        self.labels = labels
        self.value = value
    }

    package init(_ family: MetricFamily, _ value: MetricValue) {
        self.init(family, [], value)
    }
}

package enum MetricValue: Sendable, Equatable {
    case integer(Int64)
    /// Rendered as seconds.
    case microseconds(Int64)
}
