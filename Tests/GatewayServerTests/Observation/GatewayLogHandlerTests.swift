import Foundation
import GatewaySettings
import Logging
import Testing

@testable import GatewayServer

struct GatewayLogHandlerTests {
    private static let time = LogTime(seconds: 1_795_354_620, nanoseconds: 123_000_000)

    @Test(arguments: [
        (
            LogFormat.text,
            #"2026-11-22T13:37:00.123Z warning tollgate: no upstream connection.id=12ab problem="Connection refused""#
                + " upstream.name=chat\n"
        ),
        (
            LogFormat.json,
            #"{"time":"2026-11-22T13:37:00.123Z","level":"warning","logger":"tollgate","message":"no upstream","#
                + #""connection.id":"12ab","problem":"Connection refused","upstream.name":"chat"}"# + "\n"
        ),
    ])
    func event_isOneLine_withSortedMetadata(format: LogFormat, expected: String) throws {
        var handler = try self.handler(format)
        handler[metadataKey: LogKey.connectionID] = "12ab"
        let event = self.event("no upstream", [LogKey.upstreamName: "chat", LogKey.problem: "Connection refused"])
        #expect(String(decoding: handler.line(for: event, at: Self.time), as: UTF8.self) == expected)
    }

    @Test func metadata_ofTheEventWins_overTheLoggers() throws {
        var handler = try self.handler(.text)
        handler.metadataProvider = Logger.MetadataProvider { ["a": "provider", "b": "provider", "c": "provider"] }
        handler.metadata = ["b": "logger", "c": "logger"]
        let line = handler.line(for: self.event("m", ["c": "event"]), at: Self.time)
        #expect(String(decoding: line, as: UTF8.self).hasSuffix("tollgate: m a=provider b=logger c=event\n"))
    }

    @Test(arguments: LogFormat.allCases)
    func hostileMetadata_staysInItsField(format: LogFormat) throws {
        let handler = try self.handler(format)
        let hostile = "x\"}\n{\"level\":\"error\" \u{1B}[2J \u{2028}"
        let event = self.event("m\nm", ["key \n=\"": "\(hostile)", "list": ["a\nb", "c"], "map": ["k": "v\r"]])
        let line = handler.line(for: event, at: Self.time)
        #expect(newlines(line) == 1)
        #expect(line.dropLast().allSatisfy { $0 >= 0x20 })
        if format == .json {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
            #expect(object["key \n=\""] as? String == hostile)
            #expect(object["message"] as? String == "m\nm")
        }
    }

    @Test func level_isSharedByLoggers_andChangesWhileTheyAreUsed() throws {
        let folder = TemporaryFolder()
        let path = folder.file("error.log")
        let sink = try LogSink(to: .file(path: path))
        let threshold = LogThreshold(.warning)
        let logger = GatewayLogHandler.logger(label: "tollgate", sink: sink, format: .text, threshold: threshold)
        let copy = logger
        logger.info("one")
        copy.warning("two")
        threshold.set(.debug)
        logger.debug("three")
        threshold.set(.error)
        copy.warning("four")
        copy.error("five")
        #expect(sink.flushAndStop(timeout: .seconds(5)))
        let messages = Files.lines(path).map { $0.split(separator: " ").last.map(String.init) ?? "" }
        #expect(messages == ["two", "three", "five"])
    }

    @Test(arguments: zip(LogLevel.allCases, [Logger.Level.debug, .info, .notice, .warning, .error]))
    func threshold_isTheSettingsLevel(level: LogLevel, expected: Logger.Level) {
        #expect(LogThreshold(level).current == expected)
    }

    private func handler(_ format: LogFormat) throws -> GatewayLogHandler {
        let sink = try LogSink(to: .file(path: "/dev/null"))
        _ = sink.flushAndStop(timeout: .seconds(5))
        return GatewayLogHandler(label: "tollgate", sink: sink, format: format, threshold: LogThreshold(.debug))
    }

    private func event(_ message: Logger.Message, _ metadata: Logger.Metadata) -> LogEvent {
        LogEvent(
            level: .warning, message: message, metadata: metadata, source: "test", file: "f", function: "f", line: 1)
    }
}
