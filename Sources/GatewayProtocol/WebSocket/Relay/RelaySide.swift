/// The two ends that a relay joins.
package enum RelaySide: UInt8, Sendable, CaseIterable {
    case client
    case upstream

    package var other: RelaySide { self == .client ? .upstream : .client }
}
