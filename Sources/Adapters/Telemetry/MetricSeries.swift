/// One time series: a metric name with one set of labels.
protocol MetricSeries: AnyObject, Sendable {
    /// Appends the series' sample lines.
    func render(name: String, labels: String, into text: inout PrometheusText)
}

/// What a family's `# TYPE` line says.
enum MetricKind: String, Sendable {
    case counter, gauge, histogram
}

/// All series of one name, kept in the order of their labels.
struct MetricFamily {
    let kind: MetricKind
    var series: [String: any MetricSeries] = [:]
}
