//! A backend on a real socket, and a driver that talks to it: a connection for each call, a line each way.
//!
//! | request | reply |
//! | --- | --- |
//! | `echo TEXT` | TEXT |
//! | `hold` | `released`, when the test says so |
//! | `meet N` | `met`, when N of them have come |
//! | `close` | none: the connection ends |
//! | `flood N` | N bytes |

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use mote_dispatcher::{CallError, UpstreamCall, UpstreamDriver};

#[derive(Debug)]
pub(crate) struct Backend {
    address: SocketAddr,
    state: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    holds: usize,
    releases: usize,
    met: usize,
}

impl Backend {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, state) = (listener.local_addr().unwrap(), Arc::<Shared>::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // Whoever hangs up hears nothing.
                thread::spawn(move || drop(shared.serve(stream)));
            }
        });
        Self { address, state }
    }

    pub(crate) fn driver(&self) -> Driver {
        Driver { address: self.address }
    }

    /// How many calls have held.
    pub(crate) fn holds(&self) -> usize {
        self.state.state.lock().unwrap().holds
    }

    /// Lets the call go on that has held as this one, from 1, and all before it.
    pub(crate) fn release(&self, up_to: usize) {
        self.state.state.lock().unwrap().releases = up_to;
        self.state.changed.notify_all();
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line)?;
        let (what, rest) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        let reply = match what {
            "echo" => rest.to_owned(),
            "hold" => self.hold(),
            "meet" => self.meet(rest.parse().unwrap()),
            "flood" => "f".repeat(rest.parse().unwrap()),
            _ => return Ok(()),
        };
        writeln!(&stream, "{reply}")
    }

    fn hold(&self) -> String {
        let mut state = self.state.lock().unwrap();
        state.holds += 1;
        let own = state.holds;
        let _free = self.changed.wait_while(state, |state| state.releases < own).unwrap();
        "released".to_owned()
    }

    fn meet(&self, count: usize) -> String {
        let mut state = self.state.lock().unwrap();
        state.met += 1;
        self.changed.notify_all();
        let _met = self.changed.wait_while(state, |state| state.met < count).unwrap();
        "met".to_owned()
    }
}

/// Asks the backend as `net`; answers as `timeout`, `refused` and so on with that error.
#[derive(Debug)]
pub(crate) struct Driver {
    address: SocketAddr,
}

impl UpstreamDriver for Driver {
    fn call(&mut self, call: UpstreamCall) {
        let address = self.address;
        match call.name.as_str() {
            "net" => {
                thread::spawn(move || {
                    let reply = exchange(address, &call.request);
                    call.reply.send(reply.map_err(|_| CallError::Gone));
                });
            }
            "timeout" => call.reply.send(Err(CallError::Timeout)),
            "refused" => call.reply.send(Err(CallError::Refused)),
            "large" => call.reply.send(Err(CallError::TooLarge)),
            "busy" => call.reply.send(Err(CallError::Busy)),
            // Dropped without a reply.
            "gone" => {}
            _ => call.reply.send(Err(CallError::NotGranted)),
        }
    }
}

fn exchange(address: SocketAddr, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(&[request, b"\n"].concat())?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    if reply.pop() == Some(b'\n') { Ok(reply) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
