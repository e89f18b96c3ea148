@main struct LocalKafkaMain { static func main() {} }
