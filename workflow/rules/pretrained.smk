# The authors' weights, for THUMOS14 only. In: their checkpoint, from Google Drive or a mirror folder; windows and features
# of the test split. Settings are those of the preset `released`, whatever params.yaml says. Out:
#   data/D/pretrained/                       the checkpoint as published
#   data/D/downloads/pretrained/             no output, so that Snakemake does not remove it; with the checksum of the first use
#   results/D/pretrained/model/              a folder for use: model.safetensors, model.json, README.md (its card)
#   results/D/pretrained/raw_detections.npz  every query's segment of every window, in seconds
#   results/D/pretrained/detections.json     after Soft-NMS, as an ActivityNet results file
#   results/D/pretrained/metrics.json        mean average precision under every ground-truth profile
#   results/D/pretrained/comparison.md, .csv the same beside the authors' numbers; `pretrained` prints it


rule pretrained:
    input:
        lambda wildcards: pretrained.page(experiment),
    log:
        "logs/pretrained.txt",
    conda:
        "../envs/react-tad.yaml"
    shell:
        "cp {input} {log}"


localrules:
    fetch_released_weights,


rule fetch_released_weights:
    input:
        sources=source_files("fetch_weights"),
    output:
        checkpoint=f"data/{{dataset}}/pretrained/{pretrained.FILE}",
    log:
        "logs/{dataset}/pretrained/fetch.txt",
    benchmark:
        "logs/{dataset}/benchmarks/pretrained/fetch.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    shell:
        "{{ from=data/{wildcards.dataset}/downloads/pretrained;"
        " react-tad fetch-weights --to $from"
        " && from=$from/$(basename {output.checkpoint})"
        " && {{ ln -L $from {output.checkpoint} 2> /dev/null || cp $from {output.checkpoint}; }}; }} > {log} 2>&1"


rule import_released_weights:
    input:
        checkpoint=rules.fetch_released_weights.output.checkpoint,
        sources=source_files("import"),
    output:
        weights="results/{dataset}/pretrained/model/model.safetensors",
        description="results/{dataset}/pretrained/model/model.json",
        card="results/{dataset}/pretrained/model/README.md",
    log:
        "logs/{dataset}/pretrained/import.txt",
    benchmark:
        "logs/{dataset}/benchmarks/pretrained/import.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    shell:
        "react-tad import {input.checkpoint} --out $(dirname {output.weights}) > {log} 2>&1"


use rule detect_segments as detect_with_released_weights with:
    input:
        weights="results/{dataset}/pretrained/model/model.safetensors",
        description="results/{dataset}/pretrained/model/model.json",
        annotations="data/{dataset}/annotations/test.json",
        windows="data/{dataset}/windows/test.json",
        features="data/{dataset}/features/test.json",
        array=ancient("data/{dataset}/features/test.npy"),
        sources=source_files("detect"),
    output:
        raw="results/{dataset}/pretrained/raw_detections.npz",
    log:
        "logs/{dataset}/pretrained/detect.txt",
    benchmark:
        "logs/{dataset}/benchmarks/pretrained/detect.tsv"
    params:
        cfg=released_parameters("detect"),


use rule suppress_duplicates as suppress_released_duplicates with:
    input:
        raw="results/{dataset}/pretrained/raw_detections.npz",
        sources=source_files("suppress"),
    output:
        detections="results/{dataset}/pretrained/detections.json",
    log:
        "logs/{dataset}/pretrained/suppress.txt",
    benchmark:
        "logs/{dataset}/benchmarks/pretrained/suppress.tsv"
    params:
        cfg=released_parameters("suppress"),


use rule evaluate_detections as evaluate_released_detections with:
    input:
        annotations="data/{dataset}/annotations/test.json",
        detections="results/{dataset}/pretrained/detections.json",
        sources=source_files("evaluate"),
    output:
        metrics="results/{dataset}/pretrained/metrics.json",
    log:
        "logs/{dataset}/pretrained/evaluate.txt",
    benchmark:
        "logs/{dataset}/benchmarks/pretrained/evaluate.tsv"
    params:
        cfg=released_parameters("evaluate"),
        subset="test",
        about=lambda wildcards: pretrained.about(wildcards.dataset),
        profiles=f"--profile {pretrained.RELEASED_PROFILE} all{variants.with_features}",


rule compare_with_authors:
    input:
        metrics="results/{dataset}/pretrained/metrics.json",
        sources=source_files("pretrained"),
    output:
        page="results/{dataset}/pretrained/comparison.md",
        table="results/{dataset}/pretrained/comparison.csv",
    log:
        "logs/{dataset}/pretrained/compare.txt",
    benchmark:
        "logs/{dataset}/benchmarks/pretrained/compare.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "react-tad pretrained --metrics {input.metrics} --markdown {output.page} --csv {output.table} > {log} 2>&1"
