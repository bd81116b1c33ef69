# Detections. In: a trained network, windows and features of the split under evaluation; the file of video-level class
# scores where `fusion` is enabled. Out, for each variant V and seed N:
#   results/D/raw_detections/V/seedN.npz   every query's segment of every window, in seconds
#   results/D/detections/V/seedN.json      after Soft-NMS (and fusion), as an ActivityNet results file
#   results/D/new/V/seedN.json             the same for recordings of subset new, which nothing is trained on or measured by
#   results/D/new/raw/V/seedN.npz


rule detect:
    input:
        variants.files("detect", RAW),


rule suppress:
    input:
        variants.files("suppress", DETECTIONS),


rule new:
    input:
        new_detections,


rule detect_segments:
    input:
        weights=of_owner("train", WEIGHTS),
        description=of_owner("train", DESCRIPTION),
        annotations=of_split("data/{dataset}/annotations/{split}.json"),
        windows=of_split("data/{dataset}/windows/{split}.json"),
        features=of_split("data/{dataset}/features/{split}.json"),
        array=ancient(of_split("data/{dataset}/features/{split}.npy")),
        sources=source_files("detect"),
    output:
        raw="results/{dataset}/raw_detections/{variant}/seed{seed}.npz",
    log:
        "logs/{dataset}/detect/{variant}_seed{seed}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/detect/{variant}_seed{seed}.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: cores_a_job()
    resources:
        mem_mb=4000,
        runtime=120,
        gpu=int(device() != "cpu"),
        device=device(),
        keep_features=keep_features(),
    params:
        cfg=parameters("detect"),
    shell:
        "react-tad detect --cfg {params.cfg} --model $(dirname {input.weights}) --windows {input.windows}"
        " --features {input.features} --annotations {input.annotations} --out {output.raw}"
        " --threads 1 --device {resources.device} {resources.keep_features} > {log} 2>&1"


rule suppress_duplicates:
    input:
        raw=of_owner("detect", RAW),
        video_scores=of_variant(variants.fused_files),
        sources=source_files("suppress"),
    output:
        detections="results/{dataset}/detections/{variant}/seed{seed}.json",
    log:
        "logs/{dataset}/suppress/{variant}_seed{seed}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/suppress/{variant}_seed{seed}.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        cfg=parameters("suppress"),
    shell:
        "react-tad suppress --cfg {params.cfg} --raw {input.raw} --out {output.detections} > {log} 2>&1"


use rule detect_segments as detect_in_new_recordings with:
    input:
        weights=of_owner("train", WEIGHTS),
        description=of_owner("train", DESCRIPTION),
        annotations="data/{dataset}/annotations/new.json",
        windows="data/{dataset}/windows/new.json",
        features="data/{dataset}/features/new.json",
        array=ancient("data/{dataset}/features/new.npy"),
        sources=source_files("detect"),
    output:
        raw="results/{dataset}/new/raw/{variant}/seed{seed}.npz",
    log:
        "logs/{dataset}/new/detect/{variant}_seed{seed}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/new/detect/{variant}_seed{seed}.tsv"


use rule suppress_duplicates as suppress_new_duplicates with:
    input:
        raw=of_owner("detect", NEW_RAW),
        video_scores=of_variant(variants.fused_files),
        sources=source_files("suppress"),
    output:
        detections="results/{dataset}/new/{variant}/seed{seed}.json",
    log:
        "logs/{dataset}/new/suppress/{variant}_seed{seed}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/new/suppress/{variant}_seed{seed}.tsv"
