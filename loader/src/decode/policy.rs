//! Which instructions no service may contain, and which change state that outlives an invocation.
//!
//! | refused | why |
//! | --- | --- |
//! | `syscall`, `sysenter`, `int n`, `vmcall` and their like | call the kernel or the hypervisor |
//! | far jumps, calls, returns, `iret`, `uiret` | change the code segment, and with it what bytes mean |
//! | `wrpkru`, `xrstor` | change protection keys |
//! | `wrfsbase`, `wrgsbase`, `swapgs` | change segment bases |
//! | `xbegin` | a breakpoint in a transaction would abort it instead of stopping it |
//! | `senduipi`, `stui`, `clui`, `llwpcb` | change what no invocation's end puts back |
//!
//! `rdtsc` and what else reads a counter of the processor, or tells which processor runs, is reported: whether it
//! may run is for the node to say.
//!
//! What the decoder does not know is refused too. What only the kernel may execute (`hlt`, `wrmsr`, port input and output, …) faults, which ends an
//! invocation as any fault does.
#![forbid(unsafe_code)]

use iced_x86::{Code, CpuidFeature, Instruction, Mnemonic, OpKind, Register};
use mote_abi::image::state as bits;

/// An instruction that no service may contain: its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) &'static str);

/// Whether no service may contain `code`.
pub(super) fn refused(code: Code) -> Option<Refused> {
    kernel_call(code).or_else(|| far(code)).or_else(|| other(code)).map(Refused)
}

fn kernel_call(code: Code) -> Option<&'static str> {
    Some(match code.mnemonic() {
        Mnemonic::Syscall => "syscall",
        Mnemonic::Sysenter => "sysenter",
        Mnemonic::Sysret | Mnemonic::Sysretq => "sysret",
        Mnemonic::Sysexit | Mnemonic::Sysexitq => "sysexit",
        Mnemonic::Int => "int n",
        Mnemonic::Into => "into",
        Mnemonic::Vmcall => "vmcall",
        Mnemonic::Vmmcall => "vmmcall",
        Mnemonic::Vmfunc => "vmfunc",
        Mnemonic::Vmgexit => "vmgexit",
        Mnemonic::Tdcall => "tdcall",
        Mnemonic::Enclu => "enclu",
        _ => return None,
    })
}

fn far(code: Code) -> Option<&'static str> {
    Some(match (code, code.mnemonic()) {
        (Code::Jmp_m1616 | Code::Jmp_m1632 | Code::Jmp_m1664, _) => "a far jump",
        (Code::Call_m1616 | Code::Call_m1632 | Code::Call_m1664, _) => "a far call",
        (_, Mnemonic::Retf) => "a far return",
        (_, Mnemonic::Iret | Mnemonic::Iretd | Mnemonic::Iretq) => "iret",
        (_, Mnemonic::Uiret) => "uiret",
        _ => return None,
    })
}

fn other(code: Code) -> Option<&'static str> {
    Some(match code.mnemonic() {
        Mnemonic::Wrpkru => "wrpkru",
        Mnemonic::Xrstor | Mnemonic::Xrstor64 => "xrstor",
        Mnemonic::Xrstors | Mnemonic::Xrstors64 => "xrstors",
        Mnemonic::Wrfsbase => "wrfsbase",
        Mnemonic::Wrgsbase => "wrgsbase",
        Mnemonic::Swapgs => "swapgs",
        Mnemonic::Xbegin => "xbegin",
        Mnemonic::Senduipi => "senduipi",
        Mnemonic::Stui => "stui",
        Mnemonic::Clui => "clui",
        Mnemonic::Llwpcb => "llwpcb",
        _ => return None,
    })
}

/// The name of an instruction that reads a counter of the processor, and so tells time finer than services are told
/// it, or which processor runs. `umwait` and `tpause` tell whether a time is over.
pub(super) fn counter(code: Code) -> Option<&'static str> {
    Some(match code.mnemonic() {
        Mnemonic::Rdtsc => "rdtsc",
        Mnemonic::Rdtscp => "rdtscp",
        Mnemonic::Rdpmc => "rdpmc",
        Mnemonic::Rdpru => "rdpru",
        Mnemonic::Rdpid => "rdpid",
        Mnemonic::Umwait => "umwait",
        Mnemonic::Tpause => "tpause",
        _ => return None,
    })
}

/// The state that `instruction` can change: bits of [`mote_abi::image::state`]. Of a kind of instruction,
/// the first one can speak for all.
pub(super) fn state(instruction: &Instruction) -> u32 {
    by_feature(instruction.code()) | by_registers(instruction) | by_name(instruction.code())
}

fn by_feature(code: Code) -> u32 {
    code.cpuid_features().iter().fold(0, |state, feature| {
        state
            | match feature {
                CpuidFeature::FPU
                | CpuidFeature::FPU287
                | CpuidFeature::FPU287XL_ONLY
                | CpuidFeature::FPU387
                | CpuidFeature::FPU387SL_ONLY
                | CpuidFeature::CYRIX_FPU => bits::X87,
                CpuidFeature::MMX | CpuidFeature::D3NOW | CpuidFeature::D3NOWEXT => bits::MMX,
                _ => 0,
            }
    })
}

/// Instructions of later extensions that have an MMX register have it in every form.
fn by_registers(instruction: &Instruction) -> u32 {
    let mut registers = (0..instruction.op_count())
        .filter(|&operand| instruction.op_kind(operand) == OpKind::Register)
        .map(|operand| instruction.op_register(operand));
    if registers.any(Register::is_mm) { bits::MMX } else { 0 }
}

fn by_name(code: Code) -> u32 {
    match code.mnemonic() {
        // These two have an MMX register or memory.
        Mnemonic::Cvtpi2ps | Mnemonic::Cvtpi2pd => bits::MMX,
        Mnemonic::Popf | Mnemonic::Popfd | Mnemonic::Popfq => bits::FLAGS,
        Mnemonic::Ldmxcsr | Mnemonic::Vldmxcsr => bits::MXCSR,
        Mnemonic::Fxrstor | Mnemonic::Fxrstor64 => bits::X87 | bits::MMX | bits::MXCSR,
        Mnemonic::Lss | Mnemonic::Lfs | Mnemonic::Lgs => bits::SEGMENTS,
        Mnemonic::Mov | Mnemonic::Pop if is_segment_load(code) => bits::SEGMENTS,
        _ => 0,
    }
}

fn is_segment_load(code: Code) -> bool {
    matches!(
        code,
        Code::Mov_Sreg_rm16
            | Code::Mov_Sreg_r32m16
            | Code::Mov_Sreg_r64m16
            | Code::Popw_FS
            | Code::Popd_FS
            | Code::Popq_FS
            | Code::Popw_GS
            | Code::Popd_GS
            | Code::Popq_GS
    )
}
