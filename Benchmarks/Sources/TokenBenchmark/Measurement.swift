import CountedAllocations
import Glibc

/// What one call costs.
struct Cost {
    /// Of the fastest batch: noise only ever adds.
    var nanoseconds = UInt64.max
    var allocations = 0.0

    var microseconds: Double { Double(self.nanoseconds) / 1000 }
}

/// Runs several pieces of work in turns, so that what disturbs the machine disturbs them all alike.
enum Measurement {
    static func compare(batches: Int = 60, batchSize: Int, _ work: [() -> Void]) -> [Cost] {
        var costs = [Cost](repeating: Cost(), count: work.count)
        for piece in work { for _ in 0..<batchSize { piece() } }
        for _ in 0..<batches {
            for index in work.indices {
                let allocations = counted_allocations()
                let start = self.now()
                for _ in 0..<batchSize { work[index]() }
                let taken = (self.now() - start) / UInt64(batchSize)
                costs[index].nanoseconds = min(costs[index].nanoseconds, taken)
                costs[index].allocations = Double(counted_allocations() - allocations) / Double(batchSize)
            }
        }
        return costs
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// A table with a line for each measurement.
struct Table {
    let widths: [Int]

    func line(_ cells: String...) {
        let padded = zip(cells, self.widths).map { cell, width in
            let padding = String(repeating: " ", count: max(0, width - cell.utf8.count))
            return width == self.widths.first ? cell + padding : padding + cell
        }
        print(padded.joined(separator: "  "))
    }
}

func text(_ value: Double, _ digits: Int = 2) -> String {
    var buffer = [CChar](repeating: 0, count: 64)
    let count = withVaList([Int32(digits), value]) { vsnprintf(&buffer, 64, "%.*f", $0) }
    return String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
