//! A DNS server on loopback whose answers a test chooses, over UDP and TCP.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use hickory_resolver::proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{CNAME, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// What to say to one question.
#[derive(Clone)]
pub(super) enum Reply {
    Addresses(Vec<IpAddr>),
    Texts(Vec<Vec<Vec<u8>>>),
    Alias(&'static str),
    Code(ResponseCode),
    Empty,
    /// TC over UDP, the inner reply over TCP.
    OnlyOverTcp(Box<Reply>),
    Silence,
    Garbage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Transport {
    Udp,
    Tcp,
}

type Answers = dyn Fn(&str, RecordType, usize) -> Reply + Send + Sync;

pub(super) struct DnsServer {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<(String, RecordType)>>>,
}

impl DnsServer {
    /// `answers` gets the name, the type, and how often this question was asked before.
    pub(super) async fn start(answers: impl Fn(&str, RecordType, usize) -> Reply + Send + Sync + 'static) -> Self {
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
                break (udp, tcp);
            }
        };
        let server = Self { address: udp.local_addr().unwrap(), asked: Arc::default() };
        let answers: Arc<Answers> = Arc::new(answers);
        tokio::spawn(serve_udp(udp, Arc::clone(&answers), Arc::clone(&server.asked)));
        tokio::spawn(serve_tcp(tcp, answers, Arc::clone(&server.asked)));
        server
    }

    /// A server that knows one name.
    pub(super) async fn with_address(name: &'static str, address: IpAddr) -> Self {
        Self::start(move |asked, _, _| if asked == name { Reply::Addresses(vec![address]) } else { Reply::Empty }).await
    }

    pub(super) fn asked(&self, name: &str, kind: RecordType) -> usize {
        self.asked.lock().unwrap().iter().filter(|(n, k)| n == name && *k == kind).count()
    }
}

async fn serve_udp(socket: UdpSocket, answers: Arc<Answers>, asked: Arc<Mutex<Vec<(String, RecordType)>>>) {
    let mut buffer = [0; 4096];
    while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
        if let Some(answer) = answer(&buffer[..length], Transport::Udp, &*answers, &asked) {
            socket.send_to(&answer, peer).await.unwrap();
        }
    }
}

async fn serve_tcp(listener: TcpListener, answers: Arc<Answers>, asked: Arc<Mutex<Vec<(String, RecordType)>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (answers, asked) = (Arc::clone(&answers), Arc::clone(&asked));
        tokio::spawn(async move { serve_stream(stream, answers, asked).await });
    }
}

async fn serve_stream(
    mut stream: TcpStream,
    answers: Arc<Answers>,
    asked: Arc<Mutex<Vec<(String, RecordType)>>>,
) -> std::io::Result<()> {
    loop {
        let mut question = vec![0; stream.read_u16().await?.into()];
        stream.read_exact(&mut question).await?;
        if let Some(answer) = answer(&question, Transport::Tcp, &*answers, &asked) {
            stream.write_u16(answer.len().try_into().unwrap()).await?;
            stream.write_all(&answer).await?;
        }
    }
}

fn answer(
    question: &[u8],
    transport: Transport,
    answers: &Answers,
    asked: &Mutex<Vec<(String, RecordType)>>,
) -> Option<Vec<u8>> {
    let question = Message::from_vec(question).unwrap();
    let query = question.queries.first().unwrap().clone();
    let name = query.name().to_ascii().trim_end_matches('.').to_ascii_lowercase();
    let before = {
        let mut asked = asked.lock().unwrap();
        asked.push((name.clone(), query.query_type()));
        asked.iter().filter(|(n, k)| *n == name && *k == query.query_type()).count() - 1
    };
    let mut message = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
    message.metadata.recursion_available = true;
    message.add_query(query.clone());
    let mut reply = answers(&name, query.query_type(), before);
    if let Reply::OnlyOverTcp(inner) = reply {
        message.metadata.truncation = transport == Transport::Udp;
        reply = if transport == Transport::Udp { Reply::Empty } else { *inner };
    }
    match &reply {
        Reply::Silence => return None,
        Reply::Garbage => return Some(b"\x00\x01garbage".to_vec()),
        Reply::Code(code) => message.metadata.response_code = *code,
        _ => {}
    }
    for data in records(reply, query.query_type()) {
        message.add_answer(Record::from_rdata(query.name().clone(), 300, data));
    }
    Some(message.to_vec().unwrap())
}

fn records(reply: Reply, kind: RecordType) -> Vec<RData> {
    match reply {
        Reply::Addresses(addresses) => {
            addresses.into_iter().map(RData::from).filter(|data| data.record_type() == kind).collect()
        }
        Reply::Texts(values) if kind == RecordType::TXT => values
            .into_iter()
            .map(|strings| RData::TXT(TXT::from_bytes(strings.iter().map(Vec::as_slice).collect())))
            .collect(),
        Reply::Alias(target) => vec![RData::CNAME(CNAME(Name::from_ascii(target).unwrap()))],
        _ => Vec::new(),
    }
}
