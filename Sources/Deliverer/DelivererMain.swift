@main struct DelivererMain { static func main() {} }
