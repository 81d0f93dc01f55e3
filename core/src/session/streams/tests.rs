use super::*;

#[test]
fn after_the_highest_stream_id_comes_the_lowest() {
    let mut counters = Counters::new();
    counters.stream = MAX_STREAM_ID - 1;
    assert_eq!(
        [counters.next_stream(), counters.next_stream()],
        [MAX_STREAM_ID, 1]
    );
}

#[test]
fn after_the_highest_serial_comes_the_lowest() {
    let mut counters = Counters::new();
    assert_eq!(counters.next_serial().get(), 1);
    counters.serial = NonZeroU32::MAX;
    assert_eq!(counters.next_serial().get(), 1);
}

#[test]
fn after_the_highest_connection_id_comes_a_new_stream_once_the_old_one_is_empty() {
    let (mut streams, mut counters) = (Streams::<1, 4>::new(), Counters::new());
    let format = Format {
        service_id: true,
        connection_id: true,
    };
    let mut open = |streams: &mut Streams<1, 4>| {
        let opened = streams.open(0, "SSH", format, &mut counters)?;
        let (connection, message) = opened.unwrap();
        Ok::<_, Error>((connection, message.message_type, message.connection_id))
    };
    open(&mut streams).unwrap();
    streams.0[0].latest_connection = u32::MAX - 1;
    let (_, message_type, id) = open(&mut streams).unwrap();
    assert_eq!((message_type, id), (MessageType::ConnectionStart, u32::MAX));
    assert_eq!(open(&mut streams), Err(Capacity::ConnectionTableFull.into()));
    streams.0[0].end(1);
    streams.0[0].end(u32::MAX);
    let (_, message_type, id) = open(&mut streams).unwrap();
    assert_eq!((message_type, id), (MessageType::StreamStart, 1));
}
