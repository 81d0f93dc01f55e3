//! What is sent and timed: a stream of bytes, and small questions with their answers.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// Longest wait for anything that must come.
const DEADLINE: Duration = Duration::from_secs(60);

/// A server that counts what it gets until it knows how much comes, or sends everything back.
///
/// A connection begins with 8 bytes: how many bytes follow, big-endian. The server answers one byte when it has them all.
/// With 0 it is an echo.
pub(crate) fn server() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            // A connection that breaks ends its measurement at the other end.
            thread::spawn(move || serve(connection));
        }
    });
    Ok(address)
}

fn serve(mut connection: TcpStream) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut length = [0; 8];
    connection.read_exact(&mut length)?;
    let mut buffer = vec![0; 256 * 1024];
    match u64::from_be_bytes(length) {
        0 => loop {
            match connection.read(&mut buffer)? {
                0 => return Ok(()),
                count => connection.write_all(&buffer[..count])?,
            }
        },
        mut left => {
            while left > 0 {
                match connection.read(&mut buffer)? {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    count => left = left.saturating_sub(count as u64),
                }
            }
            connection.write_all(b".")
        }
    }
}

fn connect(to: SocketAddr, length: u64) -> io::Result<TcpStream> {
    let mut connection = TcpStream::connect(to)?;
    connection.set_nodelay(true)?;
    connection.set_read_timeout(Some(DEADLINE))?;
    connection.set_write_timeout(Some(DEADLINE))?;
    connection.write_all(&length.to_be_bytes())?;
    Ok(connection)
}

/// Sends that many bytes in one connection; the bytes a second, from the first byte sent to the last one there.
pub(crate) fn stream(to: SocketAddr, length: u64) -> io::Result<f64> {
    let mut connection = connect(to, length)?;
    let chunk = vec![0x5a; 256 * 1024];
    let start = Instant::now();
    let mut left = length;
    while left > 0 {
        let count = left.min(chunk.len() as u64);
        connection.write_all(&chunk[..count as usize])?;
        left -= count;
    }
    connection.read_exact(&mut [0])?;
    Ok(length as f64 / start.elapsed().as_secs_f64())
}

/// Sends 64 bytes and waits for them, so many times in one connection; the time of each.
pub(crate) fn round_trips(to: SocketAddr, count: usize) -> io::Result<Vec<Duration>> {
    let mut connection = connect(to, 0)?;
    let mut trips = Vec::with_capacity(count);
    let (question, mut answer) = ([7; 64], [0; 64]);
    for _ in 0..count {
        let start = Instant::now();
        connection.write_all(&question)?;
        connection.read_exact(&mut answer)?;
        trips.push(start.elapsed());
    }
    Ok(trips)
}

/// Waits until a byte comes back through a new connection, trying again where one is ended.
pub(crate) fn until_it_answers(to: SocketAddr) -> io::Result<()> {
    let start = Instant::now();
    loop {
        match round_trips(to, 1) {
            Ok(_) => return Ok(()),
            Err(error) if start.elapsed() > DEADLINE => return Err(error),
            Err(_) => {}
        }
    }
}
